import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeCredential, makePolicy, makeRequest, makeRoute } from '../../test/support/core.ts';
import { StandingsFixture } from '../../test/support/revocation/standings.ts';
import type { PresentedCredential } from '../core/credential/credential.ts';
import type { VerificationResult } from '../core/credential/verified-credential.ts';
import type { Decision } from '../core/decision.ts';
import { StoreError } from '../core/ports.ts';
import type { AccessRequest } from '../core/request.ts';
import { Authorizer } from './authorizer.ts';

const TIMEOUT_MS = 150;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** An authorizer over real standings, whose store and verifier the test answers. */
class Bench {
  readonly fixture = new StandingsFixture({ allowKnownForMs: undefined });
  readonly verified: string[] = [];
  readonly decided: [AccessRequest, Decision][] = [];
  readonly failures: unknown[] = [];
  verify: (credential: PresentedCredential) => Promise<VerificationResult> = async ({ value }) => this.tokenOf(value);
  readonly authorizer = new Authorizer({
    policy: makePolicy([makeRoute({ basic: true })]),
    known: { find: () => undefined },
    verifier: {
      verify: (credential) => {
        this.verified.push(`${credential.scheme} ${credential.value}`);
        return this.verify(credential);
      },
    },
    standings: this.fixture.standings,
    clock: { wallMs: () => this.fixture.wallMs, monotonicMs: () => this.fixture.nowMs },
    observer: {
      decided: (request, decision) => void this.decided.push([request, decision]),
      failed: (error) => void this.failures.push(error),
    },
    decisionTimeoutMs: TIMEOUT_MS,
  });

  /** A token that its id and the mark of its issuer could end. */
  tokenOf(id: string): VerificationResult {
    const standings = [id, 'issuer'].map((key) => this.fixture.standings.at(key));
    return makeCredential({ identity: { tokenId: id }, standings });
  }

  async outcomes(decisions: Promise<readonly Decision[]>): Promise<readonly string[]> {
    return (await decisions).map((decision) => (decision.outcome === 'deny' ? decision.reason : 'allow'));
  }

  /** Advances both clocks and the timers. */
  async pass(ms: number): Promise<void> {
    this.fixture.pass(ms);
    await vi.advanceTimersByTimeAsync(ms);
  }
}

function requests(...values: readonly string[]): AccessRequest[] {
  return values.map((value) => makeRequest({ authorization: value.includes(' ') ? value : `Bearer ${value}` }));
}

describe('Authorizer.decideMany()', () => {
  it('begins few verifications at a time, so that other calls are answered meanwhile', async () => {
    vi.useRealTimers();
    const bench = new Bench();
    bench.verify = async () => makeCredential({ standings: [] });
    const tokens = Array.from({ length: 100 }, (_, index) => `token-${index}`);
    const meanwhile = new Promise<number>((resolve) => setImmediate(() => resolve(bench.verified.length)));
    const decisions = bench.authorizer.decideMany(requests(...tokens));
    expect(await meanwhile).toBeLessThanOrEqual(16);
    expect(new Set(await bench.outcomes(decisions))).toEqual(new Set(['allow']));
    expect(bench.verified).toHaveLength(100);
  });

  it('begins no verification once its time is over or its caller is gone', async () => {
    vi.useRealTimers();
    for (const end of ['time', 'caller']) {
      const bench = new Bench();
      let isCancelled = false;
      bench.verify = async () => {
        if (end === 'time') bench.fixture.pass(TIMEOUT_MS);
        else isCancelled = true;
        return makeCredential({ standings: [] });
      };
      const tokens = Array.from({ length: 100 }, (_, index) => `token-${index}`);
      const limits = { timeoutMs: TIMEOUT_MS, isCancelled: () => isCancelled };
      const outcomes = await bench.outcomes(bench.authorizer.decideMany(requests(...tokens), limits));
      expect(bench.verified.length).toBeLessThanOrEqual(16);
      expect(outcomes.at(-1)).toBe('unavailable');
    }
  });

  it('verifies each token once and reads the revocation set once', async () => {
    const bench = new Bench();
    const decisions = bench.authorizer.decideMany(requests('a', 'b', 'a', 'c', 'b'));
    await bench.pass(0);
    expect(bench.verified).toEqual(['bearer a', 'bearer b', 'bearer c']);
    expect(bench.fixture.questions.map(({ keys }) => keys)).toEqual([['a', 'issuer', 'b', 'c']]);
    bench.fixture.answer(0, undefined, undefined, '{"at":1}', undefined);
    expect(await bench.outcomes(decisions)).toEqual(['allow', 'token_revoked', 'allow', 'allow', 'token_revoked']);
    expect(bench.fixture.questions).toHaveLength(1);
  });

  it('observes every decision, in the order of the requests', async () => {
    const bench = new Bench();
    const asked = requests('a', 'a');
    const decisions = bench.authorizer.decideMany(asked);
    await bench.pass(0);
    bench.fixture.answer(0, undefined, undefined);
    expect(bench.decided).toEqual([]);
    const made = await decisions;
    expect(bench.decided).toEqual(asked.map((request, index) => [request, made[index]]));
  });

  it('says how long each allow may be kept, by the freshness and the moment after the wait', async () => {
    const bench = new Bench();
    bench.fixture.standings.freshness.keepMs = 1_000;
    const decisions = bench.authorizer.decideMany(requests('a', 'b'));
    await bench.pass(60);
    bench.fixture.answer(0, undefined, undefined, '');
    const [allowed, denied] = await decisions;
    expect(allowed).toMatchObject({ outcome: 'allow', keepMs: 940 });
    expect(denied).not.toHaveProperty('keepMs');
  });

  it('asks nothing about requests that need nothing', async () => {
    const bench = new Bench();
    const asked = [makeRequest({ path: '/other' }), makeRequest({ method: 'get' }), makeRequest()];
    const decisions = bench.authorizer.decideMany(asked);
    expect(await bench.outcomes(decisions)).toEqual(['route_denied', 'path_rejected', 'credentials_required']);
    expect([bench.verified, bench.fixture.questions]).toEqual([[], []]);
  });

  it('decides no request for an empty list', async () => {
    expect(await new Bench().authorizer.decideMany([])).toEqual([]);
  });

  it('does not take a token for a password of the same characters', async () => {
    const bench = new Bench();
    bench.verify = async ({ scheme, value }) =>
      scheme === 'bearer'
        ? bench.tokenOf(value)
        : { outcome: 'refused', reason: 'credentials_invalid', check: 'password' };
    const decisions = bench.authorizer.decideMany(requests('Basic YTpi', 'Bearer YTpi'));
    await bench.pass(0);
    bench.fixture.answer(0, undefined, undefined);
    expect(await bench.outcomes(decisions)).toEqual(['credentials_invalid', 'allow']);
  });

  it('does not wait with the others for a verification that takes more than half of the time', async () => {
    const bench = new Bench();
    const slow = Promise.withResolvers<VerificationResult>();
    bench.verify = ({ value }) => (value === 'slow' ? slow.promise : Promise.resolve(bench.tokenOf(value)));
    const decisions = bench.authorizer.decideMany(requests('a', 'slow', 'b'));
    await bench.pass(TIMEOUT_MS / 2 - 1);
    expect(bench.fixture.questions).toEqual([]);
    await bench.pass(1);
    expect(bench.fixture.questions.map(({ keys }) => keys)).toEqual([['a', 'issuer', 'b']]);
    bench.fixture.hear();
    bench.fixture.answer(0, undefined, undefined, undefined);
    await bench.pass(TIMEOUT_MS / 2);
    expect(await bench.outcomes(decisions)).toEqual(['allow', 'unavailable', 'allow']);
    expect(bench.verified).toEqual(['bearer a', 'bearer slow', 'bearer b']);
  });

  it('lets the decision that waited for the slow one learn its result, without verifying it again', async () => {
    const bench = new Bench();
    const slow = Promise.withResolvers<VerificationResult>();
    bench.verify = () => slow.promise;
    const decisions = bench.authorizer.decideMany(requests('slow'));
    await bench.pass(TIMEOUT_MS / 2);
    slow.resolve(bench.tokenOf('slow'));
    await bench.pass(1);
    bench.fixture.answer(0, undefined, undefined);
    expect(await bench.outcomes(decisions)).toEqual(['allow']);
    expect(bench.verified).toEqual(['bearer slow']);
  });

  it('denies as unavailable, each for itself, if the set cannot be read', async () => {
    const bench = new Bench();
    const decisions = bench.authorizer.decideMany(requests('a', 'b'));
    await bench.pass(0);
    bench.fixture.questions[0]?.reject(new StoreError('down'));
    await bench.pass(0);
    for (const question of bench.fixture.questions.slice(1)) question.reject(new StoreError('down'));
    await bench.pass(0);
    expect(await bench.outcomes(decisions)).toEqual(['unavailable', 'unavailable']);
    expect(bench.failures).not.toEqual([]);
  });

  it('denies what fails to be verified, and only that', async () => {
    const bench = new Bench();
    bench.verify = ({ value }) =>
      value === 'bad' ? Promise.reject(new Error('broken')) : Promise.resolve(bench.tokenOf(value));
    const decisions = bench.authorizer.decideMany(requests('bad', 'a'));
    await bench.pass(0);
    bench.fixture.answer(0, undefined, undefined);
    expect(await bench.outcomes(decisions)).toEqual(['unavailable', 'allow']);
    expect(bench.failures).toEqual([new Error('broken')]);
  });
});

describe('the limits of a decision', () => {
  const never = (): Promise<VerificationResult> => new Promise(() => {});

  it.each([
    ['a shorter time', 40, 40],
    ['a longer time, which does not count', 10_000, TIMEOUT_MS],
    ['no time', -1, 0],
  ])('%s', async (_, timeoutMs, endMs) => {
    const bench = new Bench();
    bench.verify = never;
    const limits = { timeoutMs, isCancelled: () => false };
    let isDone = false;
    const decision = Promise.resolve(bench.authorizer.decide(requests('a')[0] ?? makeRequest(), limits));
    const batch = bench.authorizer.decideMany(requests('a', 'b'), limits);
    void Promise.all([decision, batch]).then(() => (isDone = true));
    await bench.pass(Math.max(0, endMs - 1));
    expect(isDone).toBe(endMs === 0);
    await bench.pass(1);
    expect(isDone).toBe(true);
    expect(await bench.outcomes(batch)).toEqual(['unavailable', 'unavailable']);
    expect(await decision).toMatchObject({ reason: 'unavailable' });
  });

  it('a cancelled decision meets no further need and is not observed', async () => {
    const bench = new Bench();
    let isCancelled = false;
    const slow = Promise.withResolvers<VerificationResult>();
    bench.verify = () => slow.promise;
    const limits = { timeoutMs: TIMEOUT_MS, isCancelled: () => isCancelled };
    const decision = bench.authorizer.decide(requests('a')[0] ?? makeRequest(), limits);
    const batch = bench.authorizer.decideMany(requests('a', 'b'), limits);
    isCancelled = true;
    slow.resolve(bench.tokenOf('a'));
    await bench.pass(0);
    expect(await decision).toMatchObject({ outcome: 'deny', reason: 'unavailable' });
    expect(await bench.outcomes(batch)).toEqual(['unavailable', 'unavailable']);
    expect(bench.fixture.questions).toEqual([]);
    expect(bench.decided).toEqual([]);
  });
});
