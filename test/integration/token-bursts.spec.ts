import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Authorizer } from '../../src/authorizer/authorizer.ts';
import type { VerifiedCredential } from '../../src/core/credential/verified-credential.ts';
import type { Decision } from '../../src/core/decision.ts';
import type { AccessRequest } from '../../src/core/request.ts';
import { VerificationPace } from '../../src/verification/pace/verification-pace.ts';
import {
  makeCredential,
  makeFreshStanding,
  makePolicy,
  makeRequest,
  makeRoute,
  makeStandings,
  NOW_MS,
} from '../support/core.ts';

/** Milliseconds of a verification, by a clock that nothing else moves: four fit into a turn. */
const COST_MS = 0.0625;
const A_TURN = 4;

/** The real authorizer and the real pace, in real turns of the event loop. */
class Bench {
  nowMs = 1_000;
  verified = 0;
  /** Verifications in the busiest turn so far. */
  most = 0;
  turns = 0;
  private readonly known = new Map<string, VerifiedCredential>();
  readonly authorizer: Authorizer;

  constructor() {
    const clock = { monotonicMs: () => this.nowMs, wallMs: () => NOW_MS };
    const pace = new VerificationPace({ clock, hasRoom: () => true });
    const always = Number.POSITIVE_INFINITY;
    this.authorizer = new Authorizer({
      policy: makePolicy([makeRoute()]),
      known: { find: ({ value }) => this.known.get(value) },
      verifier: { verify: ({ value }) => this.verify(value) },
      admit: ({ client, waitMs }, begin, giveUp) => pace.run(begin, giveUp, client, waitMs),
      standings: makeStandings({ heardUpToMs: always, heardUpToWallMs: always }),
      clock,
      observer: { decided: () => {}, failed: () => {} },
      decisionTimeoutMs: 150,
    });
  }

  decide(token: string, client = '198.51.100.9'): Decision | Promise<Decision> {
    return this.authorizer.decide(requestWith(token, client));
  }

  /** Runs turns until all of these are decided. Calls `each` in every one. */
  async finish(decisions: readonly (Decision | Promise<Decision>)[], each = (): void => {}): Promise<Decision[]> {
    let isDone = false;
    const all = Promise.all(decisions.map(async (decision) => decision)).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      const before = this.verified;
      each();
      await nextTurn();
      this.turns += 1;
      this.most = Math.max(this.most, this.verified - before);
    }
    return all;
  }

  private verify(token: string): VerifiedCredential {
    this.verified += 1;
    this.nowMs += COST_MS;
    const credential = makeCredential({ standings: [makeFreshStanding({ key: token })] });
    this.known.set(token, credential);
    return credential;
  }
}

function requestWith(token: string, client: string): AccessRequest {
  return makeRequest({ authorization: `Bearer ${token}`, client: () => client });
}

function outcomes(decisions: readonly Decision[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { outcome } of decisions) found[outcome] = (found[outcome] ?? 0) + 1;
  return found;
}

describe('a burst of 1,000 unknown tokens', () => {
  it('takes a few of them in each turn, and a known token is decided at once in every turn', async () => {
    const bench = new Bench();
    await bench.decide('known');
    await nextTurn();
    const decisions = Array.from({ length: 1_000 }, (_, index) => bench.decide(`new ${index}`));
    expect(bench.verified).toBeLessThanOrEqual(1 + A_TURN);
    const known: unknown[] = [];
    const all = await bench.finish(decisions, () => known.push(bench.decide('known')));
    expect(outcomes(all)).toEqual({ allow: 1_000 });
    expect(bench.most).toBe(A_TURN);
    expect(bench.turns).toBeGreaterThanOrEqual(996 / A_TURN);
    expect(known.every((decision) => !(decision instanceof Promise))).toBe(true);
  });

  it('of one client makes another client wait for one verification', async () => {
    const bench = new Bench();
    const flood = Array.from({ length: 1_000 }, (_, index) => bench.decide(`bad ${index}`));
    const good = bench.decide('good', '203.0.113.7');
    const before = bench.verified;
    expect(outcomes(await bench.finish([good]))).toEqual({ allow: 1 });
    expect(bench.verified - before).toBeLessThanOrEqual(2 * A_TURN);
    await bench.finish(flood);
  });

  it('that is one token verifies it once', async () => {
    const bench = new Bench();
    for (let index = 0; index < A_TURN; index++) void bench.decide(`before ${index}`);
    const same = Array.from({ length: 1_000 }, () => bench.decide('same'));
    expect(outcomes(await bench.finish(same))).toEqual({ allow: 1_000 });
    expect(bench.verified).toBe(A_TURN + 1);
  });

  it('that cannot be verified in time is unavailable, each when its time is up', async () => {
    const bench = new Bench();
    const decisions = Array.from({ length: 1_000 }, (_, index) => bench.decide(`new ${index}`));
    bench.nowMs += 120;
    expect(outcomes(await bench.finish(decisions))).toEqual({ allow: A_TURN, deny: 1_000 - A_TURN });
    expect(bench.verified).toBe(A_TURN);
  });
});
