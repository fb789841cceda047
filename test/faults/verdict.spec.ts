import { expect, it } from 'vitest';
import { type Check, type Course, judge, PASSED, type Revocation } from './verdict.ts';

/** The fault strikes at 10 s and is healed at 13 s. */
const QUIET: Course = {
  revocations: [],
  checks: [],
  darkness: { a: 'all', b: 'unknown' },
  struckMs: 10_000,
  healedMs: 13_000,
  feedsFreshMs: 13_200,
  saidMs: 10_050,
  stalls: [],
  maxStalenessMs: 1_000,
};
const REVOKED: Revocation = { id: 'r', way: 'api', sentMs: 9_000, endedMs: 9_010, answer: 204, isAcknowledged: true };

function check(more: Partial<Check>): Check {
  const sentMs = more.sentMs ?? 5_000;
  return { side: 'a', kind: 'known', id: 'g', sentMs, endedMs: sentMs + 5, status: PASSED, body: '', ...more };
}

function watched(sentMs: number, status: number): Check {
  return check({ side: 'b', kind: 'watched', id: 'r', sentMs, status });
}

it('judge() reports a pass that was requested after the bound, and none before it', () => {
  const checks = [watched(9_000, PASSED), watched(10_010, PASSED), watched(10_011, PASSED), watched(10_100, 401)];
  const verdict = judge({ ...QUIET, revocations: [REVOKED], checks });
  expect(verdict.passedLate).toEqual(['r at b, 1001 ms after it was acknowledged']);
  expect(verdict).toMatchObject({ acknowledged: { api: 1, hand: 0 }, tried: 2, lastPassMs: 1_001 });
});

it('judge() ignores a revocation that was not acknowledged', () => {
  const revoked = { ...REVOKED, answer: 503, isAcknowledged: false, sentMs: 11_000, endedMs: 11_100 };
  const verdict = judge({ ...QUIET, revocations: [revoked], checks: [watched(13_000, PASSED)] });
  expect(verdict).toMatchObject({ acknowledged: { api: 0, hand: 0 }, tried: 0, passedLate: [], wronglyDenied: [] });
});

it.each([
  ['before the fault', check({ sentMs: 9_000, status: 503 })],
  ['after the recovery', check({ sentMs: 14_300, status: 503 })],
  ['for a reason other than an outage', check({ sentMs: 11_000, status: 401 })],
  ['without a response', check({ sentMs: 11_000, status: 0 })],
  [
    'although the instance has cached the token and its feed is live',
    check({ side: 'b', sentMs: 11_000, status: 503 }),
  ],
])('judge() reports a good token that was denied %s', (_when, denied) => {
  const steady = [13_300, 14_200].map((sentMs) => check({ sentMs }));
  expect(judge({ ...QUIET, checks: [...steady, denied] }).wronglyDenied).toHaveLength(1);
});

it('judge() excuses unavailable requests during the outage, and measures its length', () => {
  const fresh = check({ side: 'b', kind: 'fresh', sentMs: 11_000, status: 503 });
  const checks = [fresh, check({ sentMs: 13_500, status: 503 }), check({ sentMs: 15_000 })];
  const verdict = judge({ ...QUIET, checks });
  expect(verdict).toMatchObject({ wronglyDenied: [], unavailable: 2, noticeMs: 50, recoverMs: 501 });
});

it('judge() reports a revocation that A refused without a fault there', () => {
  const revoked = { ...REVOKED, answer: 503, isAcknowledged: false };
  expect(judge({ ...QUIET, revocations: [revoked] }).wronglyDenied).toEqual([
    'revocation at a: 503 503, -1000 ms after the fault',
  ]);
});

it('judge() excuses failures while the machine stalled, but no late pass', () => {
  const checks = [check({ sentMs: 5_000, status: 503 }), watched(10_200, PASSED)];
  const stalls = [
    { fromMs: 4_500, toMs: 4_800 },
    { fromMs: 10_000, toMs: 10_300 },
  ];
  const verdict = judge({ ...QUIET, revocations: [REVOKED], checks, stalls });
  expect(verdict).toMatchObject({ wronglyDenied: [], unclear: 1 });
  expect(verdict.passedLate).toHaveLength(1);
});

it('judge() counts a slow response or a failure as a notice if the log has none', () => {
  const slow = check({ sentMs: 9_900, endedMs: 12_900 });
  expect(judge({ ...QUIET, saidMs: Infinity, checks: [slow] }).noticeMs).toBe(500);
  const failed = check({ sentMs: 10_100, endedMs: 10_120, status: 503 });
  expect(judge({ ...QUIET, saidMs: Infinity, checks: [failed] }).noticeMs).toBe(120);
  expect(judge({ ...QUIET, saidMs: Infinity }).noticeMs).toBe(Infinity);
});

it('judge() counts the requests that passed, and those that passed by a kept answer', () => {
  const checks = [check({ isKept: true }), check({ isKept: false }), check({}), check({ status: 401 })];
  expect(judge({ ...QUIET, checks })).toMatchObject({ passes: 3, keptPasses: 1 });
});

it('judge() reports a kept answer that passed after the bound like any other', () => {
  const late = { ...watched(10_500, PASSED), isKept: true };
  expect(judge({ ...QUIET, revocations: [REVOKED], checks: [late] }).passedLate).toHaveLength(1);
});
