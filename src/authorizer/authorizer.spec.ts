import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  EPOCH,
  MONOTONIC_MS,
  makeCredential,
  makeFreshness,
  makeFreshStanding,
  makePolicy,
  makeRequest,
  makeRevokedStanding,
  makeRoute,
  makeStanding,
  NOW_MS,
} from '../../test/support/core.ts';
import { SILENT_OBSERVER, SOUND_SET } from '../../test/support/revocation/standings.ts';
import type { PresentedCredential } from '../core/credential/credential.ts';
import type { VerificationResult, VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Decision } from '../core/decision.ts';
import type { DecisionObserver, DecisionTracer, StandingReader, Timing, Verifier } from '../core/ports.ts';
import type { AccessRequest } from '../core/request.ts';
import type { Route } from '../core/route.ts';
import type { Freshness, Standing } from '../core/standing.ts';
import { Standings } from '../revocation-set/standings.ts';
import type { AuthorizerParts } from './authorizer.ts';
import { Authorizer } from './authorizer.ts';

const TIMEOUT_MS = 150;
const REQUEST = makeRequest({ authorization: 'Bearer tok' });

const ALLOWED = { outcome: 'allow' };
const DENIED = { outcome: 'deny', reason: 'unavailable' };
const REVOKED = { outcome: 'deny', reason: 'token_revoked' };

/** A credential of which one entry was never read. */
function unknown(): Partial<BenchParts> {
  const credential = makeCredential({ standings: [makeFreshStanding(), makeStanding()] });
  return { known: { find: () => credential } };
}

/** A credential of which one entry ends it, and another must be asked for. */
function revoked(): Partial<BenchParts> {
  const credential = makeCredential({ standings: [makeStanding(), makeRevokedStanding()] });
  return { known: { find: () => credential } };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('Authorizer.decide()', () => {
  it('answers at once, without a promise or a question, when everything is known', () => {
    const bench = new Bench({ known: { find: () => makeCredential() } });
    const decision = bench.authorizer.decide(REQUEST);
    expect(decision).not.toBeInstanceOf(Promise);
    expect(decision).toMatchObject({ outcome: 'allow', credential: { identity: { subject: 'sub-1' } } });
    expect(bench.observer.decisions).toEqual([[REQUEST, decision]]);
    expect(bench.calls).toEqual([]);
  });

  it('verifies, reads the standing and lets in when nothing was known', async () => {
    const credential = makeCredential({ standings: [makeStanding()] });
    const bench = new Bench({ verify: async () => credential, refresh: async () => hear(credential) });
    expect(await bench.decide()).toMatchObject({ outcome: 'allow', credential });
    expect(bench.calls).toEqual(['verify tok', 'refresh sub-1']);
  });

  it('answers at once when an unknown credential is verified at once', () => {
    const bench = new Bench({ verify: () => makeCredential() });
    expect(bench.authorizer.decide(REQUEST)).toMatchObject({ outcome: 'allow' });
    const refusing = new Bench({ verify: () => ({ outcome: 'refused', reason: 'token_invalid', check: 'signature' }) });
    expect(refusing.authorizer.decide(REQUEST)).toMatchObject({ outcome: 'deny', check: 'signature' });
    expect([bench.calls, refusing.calls]).toEqual([['verify tok'], ['verify tok']]);
    expect(refusing.observer.timings).toEqual([{ waited: true, tookMs: 0 }]);
  });

  it('reads the standing of a credential that is verified at once, and verifies it once', async () => {
    const credential = makeCredential({ standings: [makeStanding()] });
    const bench = new Bench({ verify: () => credential, refresh: async () => hear(credential) });
    expect(await bench.decide()).toMatchObject({ outcome: 'allow', credential });
    expect(bench.calls).toEqual(['verify tok', 'refresh sub-1']);
  });

  it('answers at once when an unknown credential is verified, and its revocation read, at once', () => {
    const credential = makeCredential({ standings: [makeStanding()] });
    const refreshAtOnce = (): boolean => {
      hear(credential);
      return true;
    };
    const bench = new Bench({ verify: () => credential, refreshAtOnce });
    expect(bench.authorizer.decide(REQUEST)).toMatchObject({ outcome: 'allow', credential });
    expect(bench.calls).toEqual(['verify tok']);
  });

  it('waits when what was read at once does not help', async () => {
    const credential = makeCredential({ standings: [makeStanding()] });
    const refresh = async () => hear(credential);
    const bench = new Bench({ verify: () => credential, refreshAtOnce: () => true, refresh });
    expect(await bench.decide()).toMatchObject({ outcome: 'allow', credential });
    expect(bench.calls).toEqual(['verify tok', 'refresh sub-1']);
  });

  it('denies as unavailable when a verification throws at once', async () => {
    const broken = new Error('broken');
    const bench = new Bench({
      verify: () => {
        throw broken;
      },
    });
    expect(await bench.decide()).toMatchObject({ outcome: 'deny', reason: 'unavailable' });
    expect(bench.observer.failures).toEqual([broken]);
  });

  it('verifies within its trace if the request may belong to one', async () => {
    const traced: string[] = [];
    const tracer: DecisionTracer = {
      follows: () => true,
      follow: async (_request, _beganMs, rest) => {
        traced.push('begun');
        const result = await rest();
        traced.push('ended');
        return result;
      },
      followAll: (_requests, _beganMs, rest) => rest(),
      io: (_io, work) => work(),
    };
    const verify = (): VerifiedCredential => {
      traced.push('verified');
      return makeCredential();
    };
    expect(await new Bench({ verify, tracer }).decide()).toMatchObject({ outcome: 'allow' });
    expect(traced).toEqual(['begun', 'verified', 'ended']);
  });

  it('keeps two decisions at a time apart', async () => {
    const named = (subject: string): VerificationResult => makeCredential({ identity: { subject } });
    const bench = new Bench({ verify: async ({ value }) => named(value) });
    const ask = (token: string): Promise<Decision> => bench.decide({ authorization: `Bearer ${token}` });
    const decisions = await Promise.all([ask('joe'), ask('ann'), ask('joe')]);
    expect(decisions.map((decision) => decision.credential?.identity.subject)).toEqual(['joe', 'ann', 'joe']);
  });

  it('does not wait for a second credential to be verified when several are presented', () => {
    const bench = new Bench({});
    const decision = bench.authorizer.decide(makeRequest({ authorization: 'Bearer a,Bearer b' }));
    expect(decision).toMatchObject({ reason: 'invalid_request' });
    expect(bench.calls).toEqual([]);
  });
});

describe('Authorizer.decide() notes when a token of ours was used', () => {
  it('where it let the request pass, at once or after a wait, and not where it denied', async () => {
    const uses = (more: Partial<VerifiedCredential>) => {
      const lastUse = { atMs: Number.NEGATIVE_INFINITY };
      return { lastUse, credential: makeCredential({ ...more, lastUse }) };
    };
    const [atOnce, afterWait, expired] = [uses({}), uses({}), uses({ validUntilMs: 0 })];
    await new Bench({ known: { find: () => atOnce.credential } }).decide();
    await new Bench({ verify: async () => afterWait.credential }).decide();
    await new Bench({ known: { find: () => expired.credential } }).decide();
    const times = [atOnce, afterWait, expired].map(({ lastUse }) => lastUse.atMs);
    expect(times).toEqual([NOW_MS, NOW_MS, Number.NEGATIVE_INFINITY]);
  });

  it('but not if the caller only inquires about it, at once or after a wait', async () => {
    for (const wait of [true, false]) {
      const lastUse = { atMs: Number.NEGATIVE_INFINITY };
      const credential = makeCredential({ lastUse });
      const how = wait ? { verify: async () => credential } : { known: { find: () => credential } };
      expect(await new Bench({ ...how, notesUse: false }).decide()).toMatchObject({ outcome: 'allow' });
      expect(lastUse.atMs).toBe(Number.NEGATIVE_INFINITY);
    }
  });
});

describe('Authorizer.decide() tells how long it took', () => {
  it('of one in 64 that wait for nothing', () => {
    const bench = new Bench({ known: { find: () => makeCredential() } });
    for (let count = 0; count < 640; count++) void bench.authorizer.decide(REQUEST);
    const timed = bench.observer.timings.filter((timing) => timing !== undefined);
    expect(timed).toEqual(Array.from({ length: 10 }, () => ({ waited: false, tookMs: 0 })));
  });

  it('of every one that waits', async () => {
    const verify = async (): Promise<VerificationResult> => {
      await bench.pass(40);
      return makeCredential();
    };
    const bench = new Bench({ verify });
    await bench.decide();
    expect(bench.observer.timings).toEqual([{ waited: true, tookMs: 40 }]);
  });
});

describe('Authorizer.decide() where the revocation set cannot be read', () => {
  const outageFreshness = makeFreshness({ maxStalenessMs: 30_000 });
  const refuse = (): Promise<never> => Promise.reject(new Error('gone'));

  it.each<[string, Partial<BenchParts>, object]>([
    ['denies', { refresh: refuse }, DENIED],
    [
      'denies where older knowledge may count and there is none',
      { ...unknown(), refresh: refuse, outageFreshness },
      DENIED,
    ],
    ['lets older knowledge count where it may', { refresh: refuse, outageFreshness }, ALLOWED],
    ['lets it count where no answer comes in time', { refresh: () => new Promise(() => {}), outageFreshness }, ALLOWED],
    ['does not let it count where the store answers', { refresh: async () => undefined, outageFreshness }, DENIED],
    ['does not let it count for what is revoked', { ...revoked(), refresh: refuse, outageFreshness }, REVOKED],
  ])('%s', async (_what, parts, expected) => {
    const bench = new Bench({ known: { find: () => makeCredential() }, ...parts });
    bench.freshness.heardUpToMs -= 1001;
    const decision = bench.decide();
    await vi.runAllTimersAsync();
    expect(await decision).toMatchObject(expected);
  });
});

describe('Authorizer.decide() says how long an allow may be kept', () => {
  const keepMs = 700;

  it('by the freshness and the moment after the wait', async () => {
    const credential = makeCredential({ standings: [makeStanding()] });
    const refresh = async (): Promise<void> => {
      hear(credential);
      await bench.pass(400);
    };
    const bench = new Bench({ known: { find: () => credential }, refresh });
    bench.freshness.keepMs = keepMs;
    expect(await bench.decide()).toMatchObject({ outcome: 'allow', keepMs: 600 });
  });

  it('as not at all if only the store says that nothing is revoked', async () => {
    const standing = makeStanding();
    const credential = makeCredential({ standings: [standing] });
    const refresh = async (): Promise<void> => {
      standing.askedAtMs = bench.clock.monotonic;
      standing.askedAtWallMs = bench.clock.wall;
      standing.answeredAtMs = bench.clock.monotonic;
    };
    const bench = new Bench({ known: { find: () => credential }, refresh });
    bench.freshness.keepMs = keepMs;
    expect(await bench.decide()).toMatchObject({ outcome: 'allow', keepMs: 0 });
  });
});

describe('Authorizer.decide() trusts nothing from before a wait', () => {
  const sunset: Partial<Route> = { basic: true };

  it.each<{ when: string; reason: string; parts: (bench: () => Bench) => Partial<BenchParts> }>([
    {
      when: 'the token is revoked while it is verified',
      reason: 'token_revoked',
      parts: () => {
        const standing = makeFreshStanding();
        const verify = async (): Promise<VerificationResult> => {
          revoke(standing);
          return makeCredential({ standings: [standing] });
        };
        return { verify };
      },
    },
    {
      when: 'one entry is marked while another is read',
      reason: 'token_revoked',
      parts: () => {
        const [read, marked] = [makeStanding(), makeFreshStanding()];
        const credential = makeCredential({ standings: [marked, read] });
        const refresh = async (): Promise<void> => {
          hear(credential);
          revoke(marked);
        };
        return { known: { find: () => credential }, refresh };
      },
    },
    {
      when: 'the token expires while it is verified',
      reason: 'token_expired',
      parts: (bench) => ({
        verify: async () => {
          bench().clock.wall = NOW_MS + 60_000;
          return makeCredential();
        },
      }),
    },
    {
      when: 'the token expires while its standing is read',
      reason: 'token_expired',
      parts: (bench) => {
        const credential = makeCredential({ standings: [makeStanding()] });
        const refresh = async (): Promise<void> => {
          hear(credential);
          bench().clock.wall = NOW_MS + 60_000;
        };
        return { known: { find: () => credential }, refresh };
      },
    },
    {
      when: 'the sunset of Basic comes while a password is hashed',
      reason: 'credentials_required',
      parts: (bench) => ({
        route: sunset,
        basicUntilMs: NOW_MS + 1,
        request: { authorization: 'Basic am9l' },
        verify: async () => {
          bench().clock.wall = NOW_MS + 1;
          return makeCredential({ identity: { scheme: 'basic' }, standings: [] });
        },
      }),
    },
    {
      when: 'the feed falls silent while the token is verified',
      reason: 'unavailable',
      parts: (bench) => ({
        verify: async () => {
          bench().freshness.heardUpToMs = -Infinity;
          return makeCredential();
        },
      }),
    },
  ])('and denies with $reason when $when', async ({ reason, parts }) => {
    const bench: Bench = new Bench(parts(() => bench));
    expect(await bench.decide()).toMatchObject({ outcome: 'deny', reason });
  });

  it('and verifies again when the key goes out of force while the standing is read', async () => {
    const credential = makeCredential({ standings: [makeStanding()] });
    const bench = new Bench({
      known: { find: () => credential },
      refresh: async () => {
        credential.key.inForce = false;
      },
      verify: async () => ({ outcome: 'refused', reason: 'token_invalid', check: 'key' }),
    });
    expect(await bench.decide()).toMatchObject({ reason: 'token_invalid', check: 'key' });
    expect(bench.calls).toEqual(['refresh sub-1', 'verify tok']);
  });
});

describe('Authorizer.decide() is unavailable', () => {
  const broken = new Error('broken');
  const unread = makeCredential({ standings: [makeStanding()] });

  it.each<[string, Partial<BenchParts>]>([
    ['the verifier rejects', { verify: () => Promise.reject(broken) }],
    [
      'the verifier throws',
      {
        verify: () => {
          throw broken;
        },
      },
    ],
    ['the standings cannot be read', { known: { find: () => unread }, refresh: () => Promise.reject(broken) }],
    [
      'the standings cannot be read after a verification',
      { verify: async () => unread, refresh: () => Promise.reject(broken) },
    ],
  ])('and reports the failure once when %s', async (_when, parts) => {
    const bench = new Bench(parts);
    expect(await bench.decide()).toMatchObject({ outcome: 'deny', reason: 'unavailable' });
    expect(bench.observer.failures).toEqual([broken]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, Partial<BenchParts>, string]>([
    ['verifier', { verify: () => new Promise(() => {}) }, 'verification not known'],
    [
      'reader of standings',
      { known: { find: () => unread }, refresh: () => new Promise(() => {}) },
      'standing not known',
    ],
  ])('as soon as time is up, not before, when the %s hangs', async (_who, parts, check) => {
    const bench = new Bench(parts);
    const decision = bench.decide();
    await bench.pass(TIMEOUT_MS - 1);
    expect(bench.observer.decisions).toEqual([]);
    await bench.pass(1);
    expect(bench.observer.decisions).toHaveLength(1);
    expect(await decision).toMatchObject({ reason: 'unavailable', check });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('and stays so when the verifier answers late', async () => {
    const late = Promise.withResolvers<VerificationResult>();
    const bench = new Bench({ verify: () => late.promise });
    const decision = bench.decide();
    await bench.pass(TIMEOUT_MS);
    late.resolve(makeCredential());
    expect(await decision).toMatchObject({ reason: 'unavailable' });
    await bench.pass(TIMEOUT_MS);
    expect(bench.observer.decisions).toHaveLength(1);
  });

  it('and counts the time of all waits together', async () => {
    const credential = makeCredential({ standings: [makeStanding()] });
    const bench: Bench = new Bench({
      verify: async () => {
        bench.clock.monotonic += TIMEOUT_MS - 1;
        return credential;
      },
      refresh: () => new Promise(() => {}),
    });
    const decision = bench.decide();
    await bench.pass(0);
    expect(bench.observer.decisions).toEqual([]);
    await bench.pass(1);
    expect(bench.observer.decisions).toHaveLength(1);
    expect(await decision).toMatchObject({ reason: 'unavailable', check: 'standing not known' });
  });

  it('and asks nothing more when a wait has used up the time', async () => {
    const bench: Bench = new Bench({
      verify: async () => {
        bench.clock.monotonic += TIMEOUT_MS + 1;
        return unread;
      },
    });
    expect(await bench.decide()).toMatchObject({ reason: 'unavailable' });
    expect(bench.calls).toEqual(['verify tok']);
  });

  it('after six tries when the reader never makes it fresh', async () => {
    const bench = new Bench({ known: { find: () => unread }, refresh: async () => {} });
    expect(await bench.decide()).toMatchObject({ reason: 'unavailable', check: 'standing not known' });
    expect(bench.calls).toEqual(Array.from({ length: 6 }, () => 'refresh sub-1'));
  });

  it('after six tries when the verifier answers for another configuration', async () => {
    const bench = new Bench({ verify: async () => makeCredential({ generation: 2 }) });
    expect(await bench.decide()).toMatchObject({ reason: 'unavailable', check: 'verification not known' });
    expect(bench.calls).toHaveLength(6);
  });

  it('but lets the request pass without an identity when the route is in shadow', async () => {
    const bench = new Bench({ route: { shadow: true }, verify: () => Promise.reject(broken) });
    expect(await bench.decide()).toMatchObject({
      outcome: 'allow',
      credential: undefined,
      shadowed: { reason: 'unavailable' },
    });
  });
});

describe('Authorizer over Standings', () => {
  it('leaves no rejection unhandled when coalesced questions fail, some after their askers have gone', async () => {
    vi.useRealTimers();
    const unhandled: unknown[] = [];
    const collect = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', collect);
    try {
      const asked: PromiseWithResolvers<never>[] = [];
      const clock = { wallMs: () => NOW_MS, monotonicMs: () => performance.now() };
      const read = (): Promise<never> => {
        const question = Promise.withResolvers<never>();
        asked.push(question);
        return question.promise;
      };
      const limits = { maxStalenessMs: 1000, keepMs: 0, storeTimeoutMs: 10_000, allowKnownForMs: undefined };
      const parts = { store: { read }, clock, ...limits, observer: SILENT_OBSERVER, ...SOUND_SET, maxEntries: 100 };
      const standings = new Standings(parts);
      const credential = makeCredential({ standings: [standings.at('a'), standings.at('b')] });
      const other = makeCredential({ standings: [standings.at('b'), standings.at('c')] });
      const bench = new Bench({
        known: { find: ({ value }) => (value === 'tok' ? credential : other) },
        standings,
        clock,
        decisionTimeoutMs: 5,
      });
      const [patient, another] = [standings.refresh(credential), standings.refresh(other)];
      const decisions = [bench.decide(), bench.decide(), bench.decide({ authorization: 'Bearer other' })];
      for (const decision of decisions) expect(await decision).toMatchObject({ reason: 'unavailable' });
      standings.changed(['b']);
      standings.lost();
      for (const question of asked) question.reject(new Error('the store is gone'));
      await expect(patient).rejects.toThrow('the store is gone');
      await expect(another).rejects.toThrow('the store is gone');
      for (let turn = 0; turn < 5; turn++) await setImmediate();
      expect(asked).toHaveLength(2);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', collect);
    }
  });
});

interface BenchParts extends Pick<AuthorizerParts, 'known' | 'clock' | 'standings' | 'decisionTimeoutMs'> {
  readonly verify: Verifier['verify'];
  readonly refresh: StandingReader['refresh'];
  readonly refreshAtOnce: StandingReader['refreshAtOnce'];
  readonly outageFreshness: Freshness;
  readonly tracer: DecisionTracer;
  readonly route: Partial<Route>;
  readonly basicUntilMs: number;
  readonly notesUse: boolean;
  readonly request: Partial<AccessRequest>;
}

class Observer implements DecisionObserver {
  readonly decisions: [AccessRequest, Decision][] = [];
  readonly failures: unknown[] = [];
  readonly timings: (Timing | undefined)[] = [];

  decided(request: AccessRequest, decision: Decision, timing: Timing | undefined): void {
    this.decisions.push([request, decision]);
    this.timings.push(timing);
  }

  failed(error: unknown): void {
    this.failures.push(error);
  }
}

/** An authorizer among parts that know nothing and answer nothing, but for those that are given. */
class Bench {
  readonly clock = {
    wall: NOW_MS,
    monotonic: MONOTONIC_MS,
    wallMs: () => this.clock.wall,
    monotonicMs: () => this.clock.monotonic,
  };
  readonly freshness = { ...makeFreshness() };
  readonly observer = new Observer();
  readonly calls: string[] = [];
  readonly authorizer: Authorizer;
  private readonly request: Partial<AccessRequest>;

  constructor(given: Partial<BenchParts>) {
    const {
      verify,
      refresh,
      refreshAtOnce = () => false,
      outageFreshness,
      route,
      basicUntilMs = Number.POSITIVE_INFINITY,
      request,
      ...rest
    } = given;
    this.request = { ...REQUEST, ...request };
    this.authorizer = new Authorizer({
      policy: makePolicy([makeRoute(route)], { basicUntilMs }),
      known: { find: () => undefined },
      verifier: { verify: (credential) => this.verify(credential, verify) },
      standings: {
        freshness: this.freshness,
        outageFreshness,
        refresh: (credential) => this.refresh(credential, refresh),
        refreshAtOnce,
        refreshAll: never,
      },
      clock: this.clock,
      observer: this.observer,
      decisionTimeoutMs: TIMEOUT_MS,
      ...rest,
    });
  }

  /** Decides, and sees to it that the observer was told of just this decision. */
  async decide(request: Partial<AccessRequest> = this.request): Promise<Decision> {
    const asked = makeRequest(request);
    const decision = await this.authorizer.decide(asked);
    expect(this.observer.decisions.filter(([told]) => told === asked)).toEqual([[asked, decision]]);
    return decision;
  }

  /** Both clocks and all timers go on. */
  async pass(ms: number): Promise<void> {
    this.clock.wall += ms;
    this.clock.monotonic += ms;
    await vi.advanceTimersByTimeAsync(ms);
  }

  private verify(credential: PresentedCredential, verify: Verifier['verify'] = never) {
    this.calls.push(`verify ${credential.value}`);
    return verify(credential);
  }

  private refresh(credential: VerifiedCredential, refresh: StandingReader['refresh'] = never): Promise<void> {
    this.calls.push(`refresh ${credential.identity.subject}`);
    return refresh(credential);
  }
}

function never(): Promise<never> {
  return Promise.reject(new Error('must not be called'));
}

/** Every standing of the credential was just read. */
function hear({ standings }: VerifiedCredential): void {
  for (const standing of standings) standing.epoch = EPOCH;
}

function revoke(standing: Standing): void {
  standing.marked = true;
  standing.issuedUpToSeconds = Number.POSITIVE_INFINITY;
  standing.fromSeconds = Number.NEGATIVE_INFINITY;
}
