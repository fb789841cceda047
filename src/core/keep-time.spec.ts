import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EPOCH,
  MONOTONIC_MS,
  makeCredential,
  makeFreshness,
  makeFreshStanding,
  makeMoment,
  makeRevokedStanding,
  makeStanding,
  NOW_MS,
  NOW_SECONDS,
} from '../../test/support/core.ts';
import type { VerifiedCredential } from './credential/verified-credential.ts';
import { keepTime, LONGEST_WATCHED_MS, watchedKeepTime } from './keep-time.ts';
import type { Moment } from './request.ts';
import type { Freshness, Standing } from './standing.ts';
import { NO_EPOCH } from './standing.ts';

const BOUND = { certificate: 'hash' };
const NEVER = Number.NEGATIVE_INFINITY;

interface Case {
  readonly when: string;
  readonly credential?: Partial<VerifiedCredential>;
  readonly freshness?: Partial<Freshness>;
  readonly moment?: Partial<Moment>;
  readonly is: number;
}

/** By default 700 ms may be kept, of the second for which "not revoked" counts, and the feed is heard up to now. */
function keep({ credential, freshness, moment }: Omit<Case, 'when' | 'is'>): number {
  return keepTime(makeCredential(credential), makeFreshness({ keepMs: 700, ...freshness }), makeMoment(moment));
}

/** The freshness of a feed that was heard so long ago, by either clock. */
function heardAgo(monotonicMs: number, wallMs = monotonicMs): Partial<Freshness> {
  return { heardUpToMs: MONOTONIC_MS - monotonicMs, heardUpToWallMs: NOW_MS - wallMs };
}

function dueIn(monotonicMs: number, wallMs: number): Partial<VerifiedCredential> {
  return { reverifyAt: { monotonicMs: MONOTONIC_MS + monotonicMs, wallMs: NOW_MS + wallMs } };
}

/** A token with an entry that begins to apply at this Unix second. */
function endsFrom(fromSeconds: number, standing: Partial<Standing> = {}): Partial<VerifiedCredential> {
  const begins = makeRevokedStanding({ epoch: EPOCH, fromSeconds, ...standing });
  return { standings: [makeFreshStanding({ key: 'sallyport:revoked-thumbprint:ab' }), begins] };
}

describe('keepTime()', () => {
  it.each<Case>([
    { when: 'nothing is shorter than what the configuration allows', is: 700 },
    { when: 'the configuration allows none', freshness: { keepMs: 0 }, is: 0 },
    { when: 'the configuration allows the whole bound', freshness: { keepMs: 1000 }, is: 1000 },
    { when: 'the set is our own memory', freshness: { heardUpToMs: Infinity, heardUpToWallMs: Infinity }, is: 700 },
    {
      when: 'the set is our own memory and the whole bound may be kept',
      freshness: { heardUpToMs: Infinity, heardUpToWallMs: Infinity, keepMs: 1000 },
      is: 1000,
    },
  ])('is $is when $when', ({ is, ...one }) => {
    expect(keep(one)).toBe(is);
  });

  it.each<Case>([
    { when: 'as long ago as leaves what is allowed', freshness: heardAgo(300), is: 700 },
    { when: 'longer ago', freshness: heardAgo(301), is: 699 },
    { when: 'a fraction of a millisecond longer ago', freshness: heardAgo(300.01), is: 699 },
    { when: 'all but a millisecond of the bound ago', freshness: heardAgo(999), is: 1 },
    { when: 'all but half a millisecond of the bound ago', freshness: heardAgo(999.5), is: 0 },
    { when: 'the whole bound ago', freshness: heardAgo(1000), is: 0 },
    { when: 'too long ago', freshness: heardAgo(5000), is: 0 },
    { when: 'never', freshness: heardAgo(Infinity), is: 0 },
    { when: 'longer ago by the wall clock: the machine was suspended', freshness: heardAgo(10, 900), is: 100 },
    { when: 'longer ago by the monotonic clock: the wall clock was set back', freshness: heardAgo(900, 10), is: 100 },
    { when: 'in the future of a wall clock that was set back', freshness: heardAgo(100, -800), is: 700 },
    { when: 'in the future of a wall clock that was set back too far', freshness: heardAgo(100, -901), is: 0 },
    { when: 'too long ago by the wall clock alone', freshness: heardAgo(10, 1001), is: 0 },
    { when: 'too long ago by the monotonic clock alone', freshness: heardAgo(1001, 10), is: 0 },
  ])('is $is when the feed was heard $when', ({ is, ...one }) => {
    expect(keep(one)).toBe(is);
  });

  const answered = { askedAtMs: MONOTONIC_MS - 10, answeredAtMs: MONOTONIC_MS };

  it.each<Case>([
    { when: 'one entry was read in another epoch', credential: epochs(EPOCH, EPOCH - 1), is: 0 },
    { when: 'the entries were read before the feed broke', credential: epochs(EPOCH - 1), is: 0 },
    { when: 'one entry was never read', credential: epochs(EPOCH, NO_EPOCH), is: 0 },
    {
      when: 'only the store has said so, in an epoch of no feed',
      credential: { standings: [makeStanding({ ...answered, epoch: NO_EPOCH })] },
      is: 0,
    },
    {
      when: 'only the store has said so, and the feed is silent',
      credential: { standings: [makeStanding({ ...answered, epoch: EPOCH })] },
      freshness: { heardUpToMs: NEVER, heardUpToWallMs: NEVER },
      is: 0,
    },
    {
      when: 'the store has said so and the feed follows',
      credential: { standings: [makeStanding({ ...answered, epoch: EPOCH })] },
      is: 700,
    },
  ])('is $is when $when', ({ is, ...one }) => {
    expect(keep(one)).toBe(is);
  });

  it.each<Case>([
    { when: 'the token ends in 100 ms', credential: { validUntilMs: NOW_MS + 100 }, is: 100 },
    { when: 'the token ends in less than a millisecond', credential: { validUntilMs: NOW_MS + 0.9 }, is: 0 },
    { when: 'the token never ends', credential: { validUntilMs: Infinity }, is: 700 },
    { when: 'it is verified again in 100 ms', credential: dueIn(100, 100), is: 100 },
    { when: 'it is verified again in 100 ms by the monotonic clock', credential: dueIn(100, 900), is: 100 },
    { when: 'it is verified again in 100 ms by the wall clock', credential: dueIn(900, 100), is: 100 },
    { when: 'it is verified again much later', credential: dueIn(10_000, 10_000), is: 700 },
    { when: 'it had to be verified again', credential: dueIn(NEVER, NEVER), is: 0 },
    { when: 'an entry begins in half a second', credential: endsFrom(NOW_SECONDS + 0.5), is: 500 },
    { when: 'an entry begins much later', credential: endsFrom(NOW_SECONDS + 60), is: 700 },
    {
      when: 'an entry begins soon, and does not reach the token',
      credential: endsFrom(NOW_SECONDS + 0.5, { issuedUpToSeconds: NOW_SECONDS - 61 }),
      is: 700,
    },
    {
      when: 'a mark ends what was issued before the token',
      credential: endsFrom(NEVER, { issuedUpToSeconds: NOW_SECONDS - 61 }),
      is: 700,
    },
    {
      when: 'the issuer forbids to cache its answer',
      credential: { ...dueIn(10_000, 10_000), uncacheable: true },
      is: 0,
    },
    { when: 'each request must prove that its client has what it is bound to', credential: { binding: BOUND }, is: 0 },
    { when: 'a figure is no number', credential: { validUntilMs: Number.NaN }, is: 0 },
  ])('is $is when $when', ({ is, ...one }) => {
    expect(keep(one)).toBe(is);
  });

  it('is 0 for a password', () => {
    const password = makeCredential({ use: 'password', identity: { scheme: 'basic' } });
    expect(keepTime(password, makeFreshness({ keepMs: 700 }), makeMoment())).toBe(0);
  });

  it('is a whole number that outlasts none of its bounds, whatever the figures are', () => {
    const ago = fc.integer({ min: -5_000, max: 13_000 }).map((tenths) => tenths / 10);
    const ahead = fc.integer({ min: -2_000, max: 30_000 }).map((tenths) => tenths / 10);
    const reached = { kept: 0, none: 0 };
    const figures = fc.record({
      keepMs: fc.integer({ min: 0, max: 1000 }),
      agoMs: ago,
      agoWallMs: ago,
      endMs: ahead,
      dueMs: ahead,
      dueWallMs: ahead,
      beginMs: ahead,
    });
    fc.assert(
      fc.property(figures, ({ keepMs, agoMs, agoWallMs, endMs, dueMs, dueWallMs, beginMs }) => {
        const kept = keep({
          credential: {
            ...dueIn(dueMs, dueWallMs),
            ...endsFrom((NOW_MS + beginMs) / 1000),
            validUntilMs: NOW_MS + endMs,
          },
          freshness: { keepMs, ...heardAgo(agoMs, agoWallMs) },
        });
        reached[kept > 0 ? 'kept' : 'none'] += 1;
        expect(Number.isInteger(kept)).toBe(true);
        const bound = Math.min(keepMs, 1000, 1000 - agoMs, 1000 - agoWallMs, endMs, dueMs, dueWallMs, beginMs);
        // The clock's figures are large, and lose a fraction.
        expect(kept).toBeLessThanOrEqual(Math.max(0, bound) + 0.001);
        if (bound >= 1.001 && agoWallMs > agoMs - 999.9) expect(kept).toBeGreaterThanOrEqual(bound - 1.001);
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(reached.kept, reached.none)).toBeGreaterThan(20);
  });
});

/** A token of one standing for each epoch. */
function epochs(...all: readonly number[]): Partial<VerifiedCredential> {
  return { standings: all.map((epoch) => makeStanding({ epoch })) };
}

describe('watchedKeepTime()', () => {
  it.each<Case>([
    { when: 'nothing ends it sooner', is: LONGEST_WATCHED_MS, credential: { validUntilMs: Infinity } },
    { when: 'nothing may be kept without watching', is: LONGEST_WATCHED_MS, freshness: { keepMs: 0 } },
    { when: 'the feed was last heard a while ago', is: LONGEST_WATCHED_MS, freshness: heardAgo(900) },
    { when: 'the credential ends sooner', is: 9_999, credential: { validUntilMs: NOW_MS + 9_999.9 } },
    { when: 'it must be verified again', is: 5_000, credential: dueIn(6_000, 5_000) },
    { when: 'an entry begins to apply', is: 30_000, credential: endsFrom(NOW_SECONDS + 30) },
    { when: 'an entry applies now', is: 0, credential: endsFrom(NOW_SECONDS) },
    { when: 'it has ended', is: 0, credential: { standings: [makeRevokedStanding({ epoch: EPOCH })] } },
    { when: 'it has expired', is: 0, credential: { validUntilMs: NOW_MS } },
    { when: 'the feed was not heard in time', is: 0, freshness: heardAgo(1_001) },
    { when: 'the feed broke after an entry was read', is: 0, freshness: { epoch: EPOCH + 1 } },
    { when: 'an entry has changed since', is: 0, credential: { standings: [makeStanding({ epoch: NO_EPOCH })] } },
    { when: 'it is a password', is: 0, credential: { identity: { ...makeCredential().identity, scheme: 'basic' } } },
    { when: 'its issuer forbids to cache', is: 0, credential: { uncacheable: true } },
    { when: 'it is bound to its client', is: 0, credential: { binding: BOUND } },
  ])('is $is ms when $when', ({ credential, freshness, moment, is }) => {
    const kept = watchedKeepTime(
      makeCredential({ validUntilMs: NOW_MS + 3_600_000, ...credential }),
      makeFreshness({ keepMs: 0, ...freshness }),
      makeMoment(moment),
    );
    expect(kept).toBe(is);
  });
});
