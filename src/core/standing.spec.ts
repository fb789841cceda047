import { describe, expect, it } from 'vitest';
import {
  EPOCH,
  MONOTONIC_MS,
  makeFreshness,
  makeFreshStanding,
  makeMoment,
  makeRevokedStanding,
  makeStanding,
  NOW_MS,
  NOW_SECONDS,
} from '../../test/support/core.ts';
import type { Verdict } from './standing.ts';
import { judge, NO_EPOCH } from './standing.ts';

const NEVER = Number.NEGATIVE_INFINITY;

describe('judge()', () => {
  it.each([
    { when: 'marked for every token', standing: makeRevokedStanding(), issuedAt: NOW_SECONDS, is: 'revoked' },
    {
      when: 'marked, however fresh the feed is',
      standing: makeRevokedStanding({ epoch: EPOCH }),
      issuedAt: 0,
      is: 'revoked',
    },
    { when: 'iat is on the mark', standing: marked(1000), issuedAt: 1000, is: 'revoked' },
    { when: 'iat is before the mark', standing: marked(1000), issuedAt: 999.9, is: 'revoked' },
    { when: 'iat is after the mark', standing: marked(1000), issuedAt: 1000.1, is: 'clear' },
    { when: 'iat is absent', standing: marked(0), issuedAt: NEVER, is: 'revoked' },
    {
      when: 'iat is absent and the mark cannot be read',
      standing: makeRevokedStanding(),
      issuedAt: NEVER,
      is: 'revoked',
    },
    { when: 'after: is yet to come', standing: after(NOW_SECONDS + 1), issuedAt: 0, is: 'clear' },
    { when: 'after: has just come', standing: after(NOW_SECONDS), issuedAt: 0, is: 'revoked' },
    { when: 'after: has long come', standing: after(0), issuedAt: NOW_SECONDS, is: 'revoked' },
    { when: 'not marked, iat absent', standing: makeFreshStanding(), issuedAt: NEVER, is: 'clear' },
  ])('is $is when $when', ({ standing, issuedAt, is }) => {
    expect(judge(standing, issuedAt, makeFreshness(), makeMoment())).toBe(is);
  });

  it('is unknown when after: is in the future and no feed would report that it was brought forward', () => {
    const standing = { ...after(NOW_SECONDS + 1), epoch: NO_EPOCH };
    expect(judge(standing, 0, makeFreshness(), makeMoment())).toBe('unknown');
  });

  it.each<{ when: string; epoch: number; heardAgoMs: number; is: Verdict }>([
    { when: 'the feed has just been heard', epoch: EPOCH, heardAgoMs: 0, is: 'clear' },
    { when: 'it was heard as long ago as is allowed', epoch: EPOCH, heardAgoMs: 1000, is: 'clear' },
    { when: 'it was heard too long ago', epoch: EPOCH, heardAgoMs: 1000.1, is: 'unknown' },
    { when: 'it was never heard', epoch: EPOCH, heardAgoMs: Number.POSITIVE_INFINITY, is: 'unknown' },
    { when: 'the set is our own memory', epoch: EPOCH, heardAgoMs: NEVER, is: 'clear' },
    { when: 'the standing was read in another epoch', epoch: EPOCH - 1, heardAgoMs: 0, is: 'unknown' },
    { when: 'the standing was never read', epoch: NO_EPOCH, heardAgoMs: 0, is: 'unknown' },
    { when: 'the set is our own memory and it was never read', epoch: NO_EPOCH, heardAgoMs: NEVER, is: 'unknown' },
  ])('is $is by the feed when $when', ({ epoch, heardAgoMs, is }) => {
    const freshness = makeFreshness({ heardUpToMs: MONOTONIC_MS - heardAgoMs });
    expect(judge(makeStanding({ epoch }), 0, freshness, makeMoment())).toBe(is);
  });

  it.each<{ when: string; passedMs: number; passedWallMs: number; is: Verdict }>([
    { when: 'both clocks say that it was just so long ago', passedMs: 1000, passedWallMs: 1000, is: 'clear' },
    { when: 'the machine was suspended for too long', passedMs: 10, passedWallMs: 1001, is: 'unknown' },
    { when: 'the machine was suspended, but not for long', passedMs: 10, passedWallMs: 900, is: 'clear' },
    { when: 'the wall clock was set forward', passedMs: 10, passedWallMs: 3_600_000, is: 'unknown' },
    { when: 'the wall clock was set back by less than the bound', passedMs: 10, passedWallMs: -990, is: 'clear' },
    { when: 'the wall clock was set back by more than the bound', passedMs: 10, passedWallMs: -991, is: 'unknown' },
    { when: 'only the wall clock says that it was not long ago', passedMs: 1001, passedWallMs: 10, is: 'unknown' },
  ])('is $is by the feed and by an answer when $when', ({ passedMs, passedWallMs, is }) => {
    const [at, wall] = [MONOTONIC_MS - passedMs, NOW_MS - passedWallMs];
    const heard = makeFreshness({ heardUpToMs: at, heardUpToWallMs: wall });
    expect(judge(makeFreshStanding(), 0, heard, makeMoment())).toBe(is);
    const answered = makeStanding({ askedAtMs: at, askedAtWallMs: wall, answeredAtMs: MONOTONIC_MS });
    expect(judge(answered, 0, makeFreshness({ heardUpToMs: NEVER }), makeMoment())).toBe(is);
  });

  it.each<{ when: string; askedAgoMs: number; answeredAgoMs: number; is: Verdict }>([
    { when: 'answered before the decision began', askedAgoMs: 60, answeredAgoMs: 55, is: 'clear' },
    { when: 'asked as long ago as is allowed', askedAgoMs: 1000, answeredAgoMs: 900, is: 'clear' },
    { when: 'asked too long ago', askedAgoMs: 1000.1, answeredAgoMs: 900, is: 'unknown' },
    { when: 'never answered', askedAgoMs: 10, answeredAgoMs: Number.POSITIVE_INFINITY, is: 'unknown' },
  ])('is $is where answers are kept and the store was $when', ({ askedAgoMs, answeredAgoMs, is }) => {
    const [askedAtMs, answeredAtMs] = [MONOTONIC_MS - askedAgoMs, MONOTONIC_MS - answeredAgoMs];
    const freshness = makeFreshness({ heardUpToMs: NEVER, keepsAnswers: true });
    const moment = makeMoment({ beganMs: MONOTONIC_MS - 50 });
    expect(judge(makeStanding({ askedAtMs, answeredAtMs }), 0, freshness, moment)).toBe(is);
  });

  it.each<{ when: string; askedAgoMs: number; answeredAgoMs: number; is: Verdict }>([
    { when: 'asked and answered during this decision', askedAgoMs: 20, answeredAgoMs: 10, is: 'clear' },
    { when: 'asked by another before, answered during it', askedAgoMs: 70, answeredAgoMs: 10, is: 'clear' },
    { when: 'answered as it began', askedAgoMs: 70, answeredAgoMs: 50, is: 'clear' },
    { when: 'answered before it began', askedAgoMs: 70, answeredAgoMs: 50.1, is: 'unknown' },
    { when: 'asked as long ago as is allowed', askedAgoMs: 1000, answeredAgoMs: 10, is: 'clear' },
    { when: 'asked too long ago', askedAgoMs: 1000.1, answeredAgoMs: 10, is: 'unknown' },
    { when: 'never answered', askedAgoMs: 10, answeredAgoMs: Number.POSITIVE_INFINITY, is: 'unknown' },
  ])('is $is without a feed when the store was $when', ({ askedAgoMs, answeredAgoMs, is }) => {
    const standing = makeStanding({
      askedAtMs: MONOTONIC_MS - askedAgoMs,
      answeredAtMs: MONOTONIC_MS - answeredAgoMs,
      epoch: EPOCH,
    });
    const moment = makeMoment({ beganMs: MONOTONIC_MS - 50 });
    expect(judge(standing, 0, makeFreshness({ heardUpToMs: NEVER }), moment)).toBe(is);
  });
});

/** A not-before mark that the feed vouches for. */
function marked(issuedUpToSeconds: number) {
  return makeRevokedStanding({ epoch: EPOCH, issuedUpToSeconds });
}

/** An `after:` entry that the feed vouches for. */
function after(fromSeconds: number) {
  return makeRevokedStanding({ epoch: EPOCH, fromSeconds });
}
