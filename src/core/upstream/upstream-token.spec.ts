import { describe, expect, it } from 'vitest';
import { MONOTONIC_MS, makeMoment, NOW_MS } from '../../../test/support/core.ts';
import type { Instant } from '../request.ts';
import type { UpstreamToken } from './upstream-token.ts';
import { isRenewalDue, restOf, stateOf } from './upstream-token.ts';

/** Signed at the moment of the specs, for 300 s. */
function tokenOf(token: Partial<UpstreamToken> = {}): { token: UpstreamToken } {
  return {
    token: {
      value: 'a.b.c',
      signedAt: { monotonicMs: MONOTONIC_MS, wallMs: NOW_MS },
      renewAfterMs: 150_000,
      lateAfterMs: 270_000,
      lifeMs: 300_000,
      key: { inForce: true },
      ...token,
    },
  };
}

function later(monotonicMs: number, wallMs = monotonicMs): Instant {
  const moment = makeMoment();
  return { monotonicMs: moment.monotonicMs + monotonicMs, wallMs: moment.wallMs + wallMs };
}

describe('stateOf()', () => {
  it.each([
    ['at once', later(0), 'fresh'],
    ['before it is late', later(269_999), 'fresh'],
    ['near its end', later(270_000), 'late'],
    ['just before its end', later(299_999), 'late'],
    ['at its end', later(300_000), 'none'],
    ['at its end by the wall clock, after the machine was suspended', later(1_000, 300_000), 'none'],
    ['at its end by the monotonic clock, after the wall clock was set back', later(300_000, 0), 'none'],
    ['after the wall clock was set back by more than its life', later(1_000, -300_000), 'none'],
  ])('%s', (_name, now, state) => {
    expect(stateOf(tokenOf(), now)).toBe(state);
  });

  it('is none without a token, and once the key that signed it is no longer in force', () => {
    expect(stateOf({ token: undefined }, later(0))).toBe('none');
    expect(stateOf(tokenOf({ key: { inForce: false } }), later(0))).toBe('none');
  });
});

describe('isRenewalDue() and restOf()', () => {
  it('follow its age', () => {
    expect(isRenewalDue(tokenOf(), later(149_999))).toBe(false);
    expect(isRenewalDue(tokenOf(), later(150_000))).toBe(true);
    expect(isRenewalDue(tokenOf({ renewAfterMs: Number.POSITIVE_INFINITY }), later(299_999))).toBe(false);
    expect(isRenewalDue({ token: undefined }, later(0))).toBe(false);
    expect(restOf(tokenOf(), later(100_000))).toBe(200_000);
    expect(restOf({ token: undefined }, later(0))).toBe(Number.POSITIVE_INFINITY);
  });
});
