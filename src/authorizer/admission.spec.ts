import { describe, expect, it } from 'vitest';
import {
  MONOTONIC_MS,
  makeCredential,
  makeFreshStanding,
  makePolicy,
  makeRequest,
  makeRoute,
  makeStandings,
  NOW_MS,
} from '../../test/support/core.ts';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Decision } from '../core/decision.ts';
import type { Admit, DecisionLimits, DecisionTracer, Timing } from '../core/ports.ts';
import type { AccessRequest } from '../core/request.ts';
import { Authorizer } from './authorizer.ts';

/** A verification that waits for its turn. */
interface Waiting {
  readonly token: string;
  readonly client: string | undefined;
  readonly waitMs: number;
  begin(): void;
  giveUp(): void;
}

/** An authorizer whose verifications begin when the test says so. */
class Bench {
  readonly waiting: Waiting[] = [];
  readonly verified: string[] = [];
  readonly decided: (readonly [Decision['outcome'], Timing | undefined])[] = [];
  private readonly known = new Map<string, VerifiedCredential>();
  readonly authorizer: Authorizer;

  constructor({ tracer, isFull = false }: { readonly tracer?: DecisionTracer; readonly isFull?: boolean } = {}) {
    const admit: Admit = ({ credential, client, waitMs }, begin, giveUp) => {
      if (isFull) return giveUp();
      const { promise, resolve } = Promise.withResolvers<ReturnType<typeof begin>>();
      const item = { token: credential.value, client: client?.(), waitMs };
      this.waiting.push({ ...item, begin: () => resolve(begin()), giveUp: () => resolve(giveUp()) });
      // The promise of a promise resolves as the inner one does.
      return promise as Promise<Awaited<ReturnType<typeof begin>>>;
    };
    this.authorizer = new Authorizer({
      policy: makePolicy([makeRoute()]),
      known: { find: ({ value }) => this.known.get(value) },
      verifier: {
        verify: ({ value }) => {
          this.verified.push(value);
          const credential = makeCredential({ standings: [makeFreshStanding({ key: value })] });
          this.known.set(value, credential);
          return credential;
        },
      },
      admit,
      standings: makeStandings(),
      clock: { wallMs: () => NOW_MS, monotonicMs: () => MONOTONIC_MS },
      observer: {
        decided: (_request, { outcome }, timing) => void this.decided.push([outcome, timing]),
        failed: () => {},
      },
      ...(tracer && { tracer }),
      decisionTimeoutMs: 150,
    });
  }

  async decide(token: string, limits?: DecisionLimits): Promise<Decision> {
    return this.authorizer.decide(requestWith(token), limits);
  }
}

function requestWith(token: string): AccessRequest {
  return makeRequest({ authorization: `Bearer ${token}`, client: () => '198.51.100.9' });
}

const UNAVAILABLE = { outcome: 'deny', reason: 'unavailable', check: 'too many tokens to verify' };

describe('a token that waits for its verification', () => {
  it('is decided when it may begin, within four fifths of the time', async () => {
    const bench = new Bench();
    const decision = bench.decide('a');
    expect(bench.waiting).toMatchObject([{ token: 'a', client: '198.51.100.9', waitMs: 120 }]);
    expect([bench.verified, bench.decided]).toEqual([[], []]);
    bench.waiting[0]?.begin();
    expect(await decision).toMatchObject({ outcome: 'allow' });
    expect(bench.decided).toEqual([['allow', { waited: true, tookMs: 0 }]]);
  });

  it('has less time if its caller has', () => {
    const bench = new Bench();
    void bench.decide('a', { timeoutMs: 50, isCancelled: () => false });
    expect(bench.waiting).toMatchObject([{ waitMs: 40 }]);
  });

  it('is not verified again if another decision has verified it meanwhile', async () => {
    const bench = new Bench();
    const decisions = [bench.decide('a'), bench.decide('a'), bench.decide('b')];
    for (const { begin } of bench.waiting) begin();
    expect((await Promise.all(decisions)).map(({ outcome }) => outcome)).toEqual(['allow', 'allow', 'allow']);
    expect(bench.verified).toEqual(['a', 'b']);
  });

  it('is unavailable if it cannot begin in time', async () => {
    const bench = new Bench();
    const decision = bench.decide('a');
    bench.waiting[0]?.giveUp();
    expect(await decision).toMatchObject(UNAVAILABLE);
    expect([bench.verified, bench.decided.length]).toEqual([[], 1]);
  });

  it('is unavailable at once if too many wait, and is denied without a promise', () => {
    expect(new Bench({ isFull: true }).authorizer.decide(requestWith('a'))).toMatchObject(UNAVAILABLE);
  });

  it('is not verified, and its decision not observed, if its caller is gone when it may begin', async () => {
    const bench = new Bench();
    let isCancelled = false;
    const decision = bench.decide('a', { timeoutMs: 150, isCancelled: () => isCancelled });
    isCancelled = true;
    bench.waiting[0]?.begin();
    expect(await decision).toMatchObject({ outcome: 'deny' });
    expect([bench.verified, bench.decided]).toEqual([[], []]);
  });

  it('waits within its trace if the request may belong to one', async () => {
    const traced: string[] = [];
    const tracer: DecisionTracer = {
      follows: () => true,
      follow: async (_request, _beganMs, rest) => {
        traced.push('begun');
        return await rest().finally(() => traced.push('ended'));
      },
      followAll: (_requests, _beganMs, rest) => rest(),
      io: (_io, work) => work(),
    };
    const bench = new Bench({ tracer });
    const decision = bench.decide('a');
    expect([traced, bench.waiting.length]).toEqual([['begun'], 1]);
    bench.waiting[0]?.begin();
    expect(await decision).toMatchObject({ outcome: 'allow' });
    expect(traced).toEqual(['begun', 'ended']);
  });

  it('waits once for all requests of a batch', async () => {
    const bench = new Bench();
    const batch = bench.authorizer.decideMany(['a', 'a', 'b'].map(requestWith));
    while (bench.waiting.length < 2) await Promise.resolve();
    expect(bench.waiting.map(({ token }) => token)).toEqual(['a', 'b']);
    bench.waiting[0]?.begin();
    bench.waiting[1]?.giveUp();
    expect((await batch).map(({ outcome }) => outcome)).toEqual(['allow', 'allow', 'deny']);
  });
});
