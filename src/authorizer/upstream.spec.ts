import { describe, expect, it } from 'vitest';
import {
  MONOTONIC_MS,
  makeCredential,
  makePolicy,
  makeRequest,
  makeRoute,
  makeStandings,
  NOW_MS,
} from '../../test/support/core.ts';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Decision } from '../core/decision.ts';
import type { Door } from '../core/request.ts';
import type { Freshness } from '../core/standing.ts';
import type { UpstreamToken } from '../core/upstream/upstream-token.ts';
import { Authorizer } from './authorizer.ts';

interface DecideOptions {
  readonly shadow?: boolean;
  readonly freshness?: Partial<Freshness>;
}

/** An authorizer whose policy signs identities, and the signatures that were asked of it. */
class Bench {
  readonly clock = { ms: 0, wallMs: () => NOW_MS + this.clock.ms, monotonicMs: () => MONOTONIC_MS + this.clock.ms };
  readonly failures: unknown[] = [];
  readonly renewals: VerifiedCredential[] = [];
  readonly credential = makeCredential({ validUntilMs: Number.POSITIVE_INFINITY });
  readonly key = { inForce: true };
  signed = 0;
  sign = async (credential: VerifiedCredential): Promise<void> => {
    this.signed += 1;
    credential.upstream.token = this.token();
  };

  token(): UpstreamToken {
    return {
      value: `token ${this.signed}`,
      signedAt: { monotonicMs: this.clock.monotonicMs(), wallMs: this.clock.wallMs() },
      renewAfterMs: 150_000,
      lateAfterMs: 270_000,
      lifeMs: 300_000,
      key: this.key,
    };
  }

  decide(door: Door = 'ext-authz', { shadow = false, freshness = {} }: DecideOptions = {}) {
    const heardUpToMs = this.clock.monotonicMs();
    const authorizer = new Authorizer({
      policy: makePolicy([makeRoute({ shadow }), makeRoute({ pattern: '/open', requirement: { kind: 'public' } })], {
        signsIdentity: true,
      }),
      known: { find: () => this.credential },
      verifier: { verify: () => Promise.reject(new Error('not asked')) },
      standings: makeStandings({ heardUpToMs, ...freshness }),
      upstreamSigner: {
        sign: (credential) => this.sign(credential),
        renewIfDue: (credential) => this.renewals.push(credential),
      },
      clock: this.clock,
      observer: { decided: () => {}, failed: (error) => this.failures.push(error) },
      decisionTimeoutMs: 150,
    });
    return authorizer.decide(makeRequest({ door, authorization: 'Bearer tok' }));
  }
}

function tokenOf(decision: Decision): string | undefined {
  return decision.outcome === 'allow' ? decision.credential?.upstream.token?.value : undefined;
}

describe('an Authorizer that signs identities', () => {
  it.each(['ext-authz', 'forward-auth'] as const)('signs once, and then answers at once (%s)', async (door) => {
    const bench = new Bench();
    expect(tokenOf(await bench.decide(door))).toBe('token 1');
    const second = bench.decide(door);
    expect(second).not.toBeInstanceOf(Promise);
    expect(tokenOf(await second)).toBe('token 1');
    expect(bench.renewals).toEqual([bench.credential, bench.credential]);
  });

  it.each(['access-api', 'authzen', 'tokens', 'admin'] as const)(
    'signs nothing where no upstream follows: %s',
    (door) => {
      const bench = new Bench();
      expect(bench.decide(door)).toMatchObject({ outcome: 'allow' });
      expect(bench.signed).toBe(0);
    },
  );

  it('signs anew when the key is no longer in force, and when the identity has ended', async () => {
    const bench = new Bench();
    await bench.decide();
    const former = bench.credential.upstream.token;
    Object.assign(bench.credential.upstream, { token: { ...former, key: { inForce: false } } });
    expect(tokenOf(await bench.decide())).toBe('token 2');
    bench.clock.ms = 300_000;
    expect(tokenOf(await bench.decide())).toBe('token 3');
  });

  it('waits for another one near the end, and takes the one that there is if that fails', async () => {
    const bench = new Bench();
    await bench.decide();
    bench.clock.ms = 270_000;
    const sign = bench.sign;
    bench.sign = () => Promise.reject(new Error('the store is gone'));
    expect(tokenOf(await bench.decide())).toBe('token 1');
    expect(bench.failures).toHaveLength(1);
    bench.sign = sign;
    expect(tokenOf(await bench.decide())).toBe('token 2');
  });

  it('answers unavailable when there is none and none can be signed, in time or at all', async () => {
    const bench = new Bench();
    bench.sign = () => Promise.reject(new Error('the store is gone'));
    const denial = { outcome: 'deny', reason: 'unavailable', check: 'upstream token not known', step: 'call' };
    expect(await bench.decide()).toMatchObject(denial);
    bench.sign = () => new Promise(() => {});
    expect(await bench.decide()).toMatchObject(denial);
    bench.sign = () => Promise.resolve();
    expect(await bench.decide()).toMatchObject(denial);
  });

  it('lets a request pass in shadow mode without an identity when none can be signed', async () => {
    const bench = new Bench();
    bench.sign = () => Promise.reject(new Error('the store is gone'));
    expect(await bench.decide('ext-authz', { shadow: true })).toMatchObject({
      outcome: 'allow',
      credential: undefined,
      shadowed: { reason: 'unavailable' },
    });
  });

  it('lets no answer be kept for longer than the identity lasts', async () => {
    const bench = new Bench();
    const freshness = { keepMs: 60_000, maxStalenessMs: 60_000 };
    expect(await bench.decide('ext-authz', { freshness })).toMatchObject({ keepMs: 60_000 });
    bench.clock.ms = 260_000;
    expect(await bench.decide('ext-authz', { freshness })).toMatchObject({ keepMs: 40_000 });
    expect(await bench.decide('access-api', { freshness })).toMatchObject({ keepMs: 60_000 });
  });
});
