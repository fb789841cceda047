import { afterEach, describe, expect, it, vi } from 'vitest';
import { MAX_STALENESS_MS, STORE_TIMEOUT_MS, StandingsFixture } from '../../test/support/revocation/standings.ts';
import type { Reach } from '../core/revocation-entry.ts';
import { writeUndone } from '../core/revocation-entry.ts';
import type { Verdict } from '../core/standing.ts';
import { NO_EPOCH } from '../core/standing.ts';
import { SetLostError } from './epoch-watch.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('Standings.at()', () => {
  it('returns one unread standing per key', () => {
    const { standings } = new StandingsFixture();
    expect(standings.at('a')).toBe(standings.at('a'));
    expect(standings.at('a')).not.toBe(standings.at('b'));
    expect(standings.at('a')).toMatchObject({ key: 'a', marked: false, epoch: NO_EPOCH });
    expect(standings.size).toBe(2);
  });
});

describe('Standings.release()', () => {
  it('reaches a token whose standing was evicted, even twice', async () => {
    const fixture = new StandingsFixture({ maxEntries: 1 });
    const token = fixture.token('a');
    await fixture.answerNext(token, '{"at":1}');
    fixture.token('b');
    expect(fixture.judge(token)).toBe('revoked');
    expect(fixture.judge(fixture.token('a'))).toBe('revoked');
    fixture.token('b');
    fixture.standings.release('a');
    expect(fixture.judge(token)).toBe('unknown');
    await fixture.answerNext(token, undefined);
    expect(fixture.judge(token)).toBe('clear');
  });
});

describe('Standings.refreshAll()', () => {
  it('reads every key of all tokens once, with one read', async () => {
    const fixture = new StandingsFixture();
    const tokens = [fixture.token('a', 'shared'), fixture.token('b', 'shared'), fixture.token('a', 'c')];
    const done = fixture.standings.refreshAll(tokens);
    expect(fixture.questions.map(({ keys }) => keys)).toEqual([['a', 'shared', 'b', 'c']]);
    fixture.answer(0, undefined, undefined, '{"at":1}', undefined);
    await done;
    expect(tokens.map((token) => fixture.judge(token))).toEqual(['clear', 'revoked', 'clear']);
  });

  it('waits for a read that is open, and reads only the other keys', async () => {
    const fixture = new StandingsFixture();
    const [one, other] = [fixture.token('a'), fixture.token('b')];
    const earlier = fixture.standings.refresh(one);
    const done = fixture.standings.refreshAll([one, other]);
    expect(fixture.questions.map(({ keys }) => keys)).toEqual([['a'], ['b']]);
    fixture.answer(1, undefined);
    fixture.answer(0, '{"at":1}');
    await Promise.all([earlier, done]);
    expect([one, other].map((token) => fixture.judge(token))).toEqual(['revoked', 'clear']);
  });

  it('reads nothing for no token', async () => {
    const fixture = new StandingsFixture();
    await fixture.standings.refreshAll([]);
    expect(fixture.questions).toEqual([]);
  });
});

describe('Standings.refreshAtOnce()', () => {
  it('reads every key of a token without a wait', () => {
    const entries = new Map([['b', '{"at":1}']]);
    const fixture = new StandingsFixture({ readAtOnce: (keys) => keys.map((key) => entries.get(key)) });
    const [clear, revoked] = [fixture.token('a', 'c'), fixture.token('a', 'b')];
    expect([clear, revoked].map((token) => fixture.standings.refreshAtOnce(token))).toEqual([true, true]);
    expect([clear, revoked].map((token) => fixture.judge(token))).toEqual(['clear', 'revoked']);
    expect(fixture.questions).toEqual([]);
  });

  it('learns nothing where the store cannot, fails, or answers for fewer keys', async () => {
    const failing = (): never => {
      throw new Error('locked');
    };
    for (const readAtOnce of [undefined, failing, () => []]) {
      const fixture = new StandingsFixture({ readAtOnce });
      const token = fixture.token('a');
      expect(fixture.standings.refreshAtOnce(token)).toBe(false);
      expect(fixture.judge(token)).toBe('unknown');
      await fixture.answerNext(token, undefined);
      expect(fixture.judge(token)).toBe('clear');
    }
  });

  it('leaves a key to the read that is open for it', async () => {
    const fixture = new StandingsFixture({ readAtOnce: () => [undefined] });
    const token = fixture.token('a');
    const done = fixture.standings.refresh(token);
    expect(fixture.standings.refreshAtOnce(token)).toBe(false);
    fixture.answer(0, '{"at":1}');
    await done;
    expect(fixture.judge(token)).toBe('revoked');
  });
});

describe('Standings.refresh()', () => {
  it('reads every key at once and in order, and applies the answer', async () => {
    const fixture = new StandingsFixture();
    const token = fixture.token('a', 'b', 'c');
    expect(fixture.judge(token)).toBe('unknown');
    const done = fixture.standings.refresh(token);
    expect(fixture.questions.map(({ keys }) => keys)).toEqual([['a', 'b', 'c']]);
    fixture.answer(0, undefined, '{"at":1}', undefined);
    await done;
    expect(['a', 'b', 'c'].map((key) => fixture.judge(fixture.token(key)))).toEqual(['clear', 'revoked', 'clear']);
  });

  it('reads a key once at a time, however many tokens need it', async () => {
    const fixture = new StandingsFixture();
    const [one, other] = [fixture.token('a', 'b'), fixture.token('b', 'c')];
    const refreshes = [one, other, one, other].map((token) => fixture.standings.refresh(token));
    expect(fixture.questions.map(({ keys }) => keys)).toEqual([['a', 'b'], ['c']]);
    fixture.answer(0, undefined, undefined);
    await refreshes[0];
    expect(fixture.judge(one)).toBe('clear');
    expect(fixture.judge(other)).toBe('unknown');
    fixture.answer(1, undefined);
    await Promise.all(refreshes);
    expect(fixture.judge(other)).toBe('clear');
  });

  it('reads again once the last read was answered', async () => {
    const fixture = new StandingsFixture();
    await fixture.learn('a', undefined);
    await fixture.learn('a', '');
    expect(fixture.questions).toHaveLength(2);
    expect(fixture.judge(fixture.token('a'))).toBe('revoked');
  });

  it('measures the age of an answer from the start of its read', async () => {
    const fixture = new StandingsFixture();
    fixture.standings.heardUpTo(-Infinity, -Infinity);
    const token = fixture.token('a');
    const done = fixture.standings.refresh(token);
    fixture.pass(MAX_STALENESS_MS);
    fixture.answer(0, undefined);
    await done;
    expect(fixture.judge(token, 0)).toBe('clear');
    fixture.pass(1);
    expect(fixture.judge(token, 1)).toBe('unknown');
  });

  it.each<[string, (fixture: StandingsFixture) => void]>([
    ['rejects', (fixture) => fixture.questions[0]?.reject(new Error('gone'))],
    ['returns too few values', (fixture) => fixture.answer(0, undefined)],
    ['returns too many values', (fixture) => fixture.answer(0, undefined, undefined, undefined)],
    ['returns malformed values', (fixture) => fixture.questions[0]?.resolve([null, null] as never)], // a store with a bug
  ])('rejects, learns nothing and reads again when the store %s', async (_what, fail) => {
    const fixture = new StandingsFixture();
    const token = fixture.token('a', 'b');
    const refreshes = [fixture.standings.refresh(token), fixture.standings.refresh(token)];
    fail(fixture);
    for (const refresh of refreshes) await expect(refresh).rejects.toThrow(/./);
    expect(fixture.judge(token)).toBe('unknown');
    const again = fixture.standings.refresh(token);
    expect(fixture.questions).toHaveLength(2);
    fixture.answer(1, undefined, undefined);
    await again;
    expect(fixture.judge(token)).toBe('clear');
  });

  it('rejects when the store throws, and reads again', async () => {
    const fixture = new StandingsFixture();
    fixture.breaks = true;
    await expect(fixture.standings.refresh(fixture.token('a'))).rejects.toThrow('broken');
    fixture.breaks = false;
    await fixture.learn('a', undefined);
    expect(fixture.judge(fixture.token('a'))).toBe('clear');
  });

  it('rejects after the time-out, reads again and ignores the late answer', async () => {
    vi.useFakeTimers();
    const fixture = new StandingsFixture();
    const token = fixture.token('a');
    let ended = false;
    const refresh = fixture.standings.refresh(token).finally(() => {
      ended = true;
    });
    const rejected = expect(refresh).rejects.toThrow('the store did not answer within 80 ms');
    await vi.advanceTimersByTimeAsync(STORE_TIMEOUT_MS - 1);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await rejected;
    const again = fixture.standings.refresh(token);
    fixture.answer(0, undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(fixture.judge(token)).toBe('unknown');
    fixture.answer(1, '');
    await again;
    expect(fixture.judge(token)).toBe('revoked');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('Standings and the feed', () => {
  it('trust an answer while the feed is heard in time', async () => {
    const fixture = new StandingsFixture();
    await fixture.learn('a', undefined);
    const token = fixture.token('a');
    fixture.pass(MAX_STALENESS_MS);
    expect(fixture.judge(token)).toBe('clear');
    fixture.pass(1);
    expect(fixture.judge(token)).toBe('unknown');
    fixture.hear();
    expect(fixture.judge(token)).toBe('clear');
  });

  it.each<[string, (fixture: StandingsFixture) => void]>([
    ['it has changed', (fixture) => fixture.standings.changed(['x', 'a', 'never-heard-of'])],
    ['changes may have been missed', (fixture) => fixture.standings.lost()],
  ])('forget an entry when %s', async (_when, tell) => {
    const fixture = new StandingsFixture();
    await fixture.learn('a', undefined);
    tell(fixture);
    fixture.hear();
    expect(fixture.judge(fixture.token('a'))).toBe('unknown');
    await fixture.learn('a', undefined);
    expect(fixture.judge(fixture.token('a'))).toBe('clear');
  });

  it.each<[string, (fixture: StandingsFixture) => void, Verdict]>([
    ['the entry changes', (fixture) => fixture.standings.changed(['a']), 'clear'],
    ['the feed breaks', (fixture) => fixture.standings.lost(), 'unknown'],
  ])('discard the answer and read again when %s during the read', async (_when, tell, verdictOfOther) => {
    const fixture = new StandingsFixture();
    const [token, other] = [fixture.token('a'), fixture.token('b')];
    const first = fixture.standings.refresh(fixture.token('a', 'b'));
    tell(fixture);
    const second = fixture.standings.refresh(token);
    expect(fixture.questions[1]?.keys).toEqual(['a']);
    fixture.answer(0, undefined, undefined);
    await first;
    expect(fixture.judge(token)).toBe('unknown');
    expect(fixture.judge(other)).toBe(verdictOfOther);
    const third = fixture.standings.refresh(token);
    expect(fixture.questions.filter(({ keys }) => keys.includes('a'))).toHaveLength(2);
    fixture.answer(1, '');
    await Promise.all([second, third]);
    expect(fixture.judge(token)).toBe('revoked');
  });

  it('keep the newer answer when the older one arrives last', async () => {
    const fixture = new StandingsFixture();
    const token = fixture.token('a');
    const older = fixture.standings.refresh(token);
    fixture.standings.changed(['a']);
    const newer = fixture.standings.refresh(token);
    fixture.answer(1, '');
    await newer;
    fixture.answer(0, undefined);
    await older;
    expect(fixture.judge(token)).toBe('revoked');
  });

  it('keep a read pending when an older one fails', async () => {
    const fixture = new StandingsFixture();
    const token = fixture.token('a');
    const older = fixture.standings.refresh(token);
    fixture.standings.changed(['a']);
    const newer = fixture.standings.refresh(token);
    fixture.questions[0]?.reject(new Error('gone'));
    await expect(older).rejects.toThrow('gone');
    const coalesced = fixture.standings.refresh(token);
    expect(fixture.questions).toHaveLength(2);
    fixture.answer(1, undefined);
    await Promise.all([newer, coalesced]);
    expect(fixture.judge(token)).toBe('clear');
  });
});

describe('Standings and marks', () => {
  const MARK = 'sallyport:notbefore:own:sub-1';

  it('keep a mark when the store loses the entry', async () => {
    const fixture = new StandingsFixture();
    await fixture.learn('a', '{"at":1}');
    fixture.standings.changed(['a']);
    await fixture.learn('a', undefined);
    fixture.standings.lost();
    expect(fixture.judge(fixture.token('a'))).toBe('revoked');
  });

  it('only ever raise a not-before mark', async () => {
    const fixture = new StandingsFixture();
    const verdicts = (): Verdict[] =>
      [500, 1000, 1500].map((iat) => fixture.judge(fixture.token(MARK), undefined, iat));
    await fixture.learn(MARK, '1000');
    expect(verdicts()).toEqual(['revoked', 'revoked', 'clear']);
    await fixture.learn(MARK, '500');
    expect(verdicts()).toEqual(['revoked', 'revoked', 'clear']);
    await fixture.learn(MARK, undefined);
    expect(verdicts()).toEqual(['revoked', 'revoked', 'clear']);
    await fixture.learn(MARK, '1500');
    expect(verdicts()).toEqual(['revoked', 'revoked', 'revoked']);
  });

  it('only ever move after: to an earlier time', async () => {
    const fixture = new StandingsFixture();
    for (const value of ['after:4000000000', 'after:5000000000', undefined, 'after:4000000001']) {
      await fixture.learn('a', value);
      expect(fixture.standings.at('a')).toMatchObject({ marked: true, fromSeconds: 4_000_000_000 });
      expect(fixture.judge(fixture.token('a'))).toBe('clear');
    }
    await fixture.learn('a', '{"at":1}');
    expect(fixture.judge(fixture.token('a'))).toBe('revoked');
  });
});

describe('Standings at their capacity', () => {
  it('do not trust an evicted entry, and report its changes again once it is cached again', async () => {
    const fixture = new StandingsFixture({ maxEntries: 2 });
    await fixture.learn('a', undefined);
    const token = fixture.token('a');
    expect(fixture.judge(token)).toBe('clear');
    fixture.token('b', 'c');
    expect(fixture.judge(token)).toBe('unknown');
    await fixture.answerNext(token, undefined);
    expect(fixture.judge(token)).toBe('clear');
    expect(token.standings).toEqual([fixture.standings.at('a')]);
    fixture.standings.changed(['a']);
    expect(fixture.judge(token)).toBe('unknown');
  });

  it('keep the mark of an evicted entry', async () => {
    const fixture = new StandingsFixture({ maxEntries: 2 });
    await fixture.learn('a', '');
    const token = fixture.token('a');
    fixture.token('b', 'c');
    expect(fixture.judge(token)).toBe('revoked');
    expect(fixture.judge(fixture.token('a'))).toBe('revoked');
    await fixture.answerNext(token, undefined);
    expect(fixture.judge(token)).toBe('revoked');
  });

  it('leave an entry unknown that was evicted during its read', async () => {
    const fixture = new StandingsFixture({ maxEntries: 2 });
    const token = fixture.token('a');
    const done = fixture.standings.refresh(token);
    fixture.token('b', 'c');
    const newcomer = fixture.token('a');
    fixture.answer(0, undefined);
    await done;
    expect([fixture.judge(token), fixture.judge(newcomer)]).toEqual(['unknown', 'unknown']);
    await fixture.answerNext(token, undefined);
    expect([fixture.judge(token), fixture.judge(newcomer)]).toEqual(['clear', 'clear']);
  });

  it('never trust a token with more entries than the capacity', async () => {
    const fixture = new StandingsFixture({ maxEntries: 2 });
    const token = fixture.token('a', 'b', 'c');
    await fixture.answerNext(token, undefined, undefined, undefined);
    expect(fixture.judge(token)).toBe('unknown');
  });
});

describe('Standings of seen entries', () => {
  const reach = { issuedUpToSeconds: Infinity, fromSeconds: -Infinity };
  const SUBJECT = 'sallyport:notbefore:own:sub-1';

  function makeKnown(options: { maxEntries?: number } = {}) {
    const keys = new Set<string>();
    const found: string[] = [];
    const begun: string[] = [];
    const known = {
      reachOf: (key: string) => (keys.has(key) ? reach : undefined),
      begun: (key: string) => void begun.push(key),
    };
    return {
      keys,
      found,
      begun,
      fixture: new StandingsFixture({ ...options, known, found: (key) => void found.push(key) }),
    };
  }

  it('that were undone are unknown until they are read again', async () => {
    const { fixture } = makeKnown();
    const token = fixture.token('a');
    await fixture.answerNext(token, '{"at":1}');
    expect(fixture.judge(token)).toBe('revoked');
    fixture.standings.release('a');
    expect(fixture.judge(token)).toBe('unknown');
    await fixture.answerNext(token, writeUndone({ undoes: '{"at":1}' }));
    expect(fixture.judge(token)).toBe('clear');
    fixture.standings.release('never heard of');
  });

  it('that were undone ignore a pending answer', async () => {
    const { fixture } = makeKnown();
    const token = fixture.token('a');
    const done = fixture.standings.refresh(token);
    fixture.standings.release('a');
    fixture.answer(0, undefined);
    await done;
    expect(fixture.judge(token)).toBe('unknown');
  });

  it('keep applying once they have begun, even if the clock steps back', async () => {
    const { fixture, begun } = makeKnown({ maxEntries: 1 });
    const token = fixture.token('a');
    const beginsSeconds = fixture.wallMs / 1000 + 10;
    await fixture.answerNext(token, `after:${beginsSeconds}`);
    expect(fixture.judge(token)).toBe('clear');
    fixture.pass(10_000);
    fixture.hear();
    expect(fixture.judge(token)).toBe('revoked');
    fixture.wallMs -= 3_600_000;
    fixture.hear();
    expect(fixture.judge(token)).toBe('revoked');
    // SeenEntries remembers what leaves the LRU.
    fixture.standings.at('b');
    expect(begun).toEqual(['a']);
  });

  it('are revoked from the start, whatever the store says', async () => {
    const { keys, fixture } = makeKnown();
    keys.add('a');
    expect(fixture.judge(fixture.token('a', 'b'))).toBe('revoked');
    await fixture.learn('a', undefined);
    expect(fixture.judge(fixture.token('a'))).toBe('revoked');
    expect(fixture.questions).toHaveLength(1);
  });

  it.each<[string, (fixture: StandingsFixture) => void]>([
    ['apply() is called', (fixture) => fixture.standings.apply('a')],
    ['the entry changes', (fixture) => fixture.standings.changed(['a'])],
  ])('are revoked at once, although they are cached, when %s', async (_when, tell) => {
    const { keys, fixture } = makeKnown();
    await fixture.learn('a', undefined);
    const token = fixture.token('a');
    keys.add('a');
    expect(fixture.judge(token)).toBe('clear');
    tell(fixture);
    expect(fixture.judge(token)).toBe('revoked');
  });

  it('are revoked when an evicted one is cached again', async () => {
    const { keys, fixture } = makeKnown({ maxEntries: 2 });
    await fixture.learn('a', undefined);
    const token = fixture.token('a');
    fixture.token('b', 'c');
    keys.add('a');
    await fixture.answerNext(token, undefined);
    expect(fixture.judge(token)).toBe('revoked');
  });

  it('apply to a marked one that was evicted and is cached again', async () => {
    const known = new Map<string, Reach>();
    const fixture = new StandingsFixture({
      maxEntries: 1,
      known: { reachOf: (key) => known.get(key), begun: () => undefined },
    });
    const token = fixture.token(SUBJECT);
    await fixture.answerNext(token, '100');
    fixture.token('b');
    known.set(SUBJECT, { issuedUpToSeconds: 200, fromSeconds: -Infinity });
    await fixture.answerNext(token, undefined);
    expect(fixture.judge(token, undefined, 200)).toBe('revoked');
    expect(fixture.judge(token, undefined, 201)).toBe('clear');
  });

  it('are reported when a read finds them', async () => {
    const { found, fixture } = makeKnown();
    await fixture.answerNext(fixture.token('a', SUBJECT, 'b'), '{}', '100', undefined);
    expect(found).toEqual(['a', SUBJECT]);
  });
});

describe('Standings of a lost set', () => {
  it('are unknown, even under allowKnownFor', async () => {
    const set = { isSound: true };
    const fixture = new StandingsFixture({ set, allowKnownForMs: 60_000 });
    await fixture.learn('a', undefined);
    expect(fixture.standings.outageFreshness).toBeDefined();
    set.isSound = false;
    fixture.standings.lost();
    expect(fixture.standings.outageFreshness).toBeUndefined();
    expect(fixture.judge(fixture.token('a'))).toBe('unknown');
  });

  it('report no outage', async () => {
    const fixture = new StandingsFixture();
    const refresh = fixture.standings.refresh(fixture.token('a'));
    fixture.questions[0]?.reject(new SetLostError('lost'));
    await expect(refresh).rejects.toThrow('lost');
    expect(fixture.standings.status.outage).toBe(false);
  });
});

describe('Standings.outageFreshness', () => {
  const ALLOWED_MS = 30_000;
  const lenient = (fixture: StandingsFixture, key = 'a'): Verdict =>
    fixture.judge(fixture.token(key), undefined, 0, fixture.standings.outageFreshness);

  it('is undefined under onOutage: deny, and follows the limits', () => {
    const fixture = new StandingsFixture();
    expect(fixture.standings.outageFreshness).toBeUndefined();
    fixture.standings.reconfigure({ maxStalenessMs: 500, keepMs: 0, storeTimeoutMs: 1, allowKnownForMs: 2000 });
    expect(fixture.standings.outageFreshness).toMatchObject({ maxStalenessMs: 2000 });
    expect(fixture.standings.maxStalenessMs).toBe(500);
  });

  it('lets nothing be kept, unlike the freshness of the feed, which follows the limits', () => {
    const fixture = new StandingsFixture({ keepMs: 700, allowKnownForMs: ALLOWED_MS });
    expect([fixture.standings.freshness.keepMs, fixture.standings.outageFreshness?.keepMs]).toEqual([700, 0]);
    const limits = { maxStalenessMs: 500, storeTimeoutMs: 1, allowKnownForMs: ALLOWED_MS };
    fixture.standings.reconfigure({ ...limits, keepMs: 300 });
    expect([fixture.standings.freshness.keepMs, fixture.standings.outageFreshness?.keepMs]).toEqual([300, 0]);
  });

  it('trusts the feed until allowKnownFor after the last heartbeat', async () => {
    const fixture = new StandingsFixture({ allowKnownForMs: ALLOWED_MS });
    await fixture.learn('a', undefined);
    fixture.pass(100_000);
    fixture.hear();
    fixture.pass(ALLOWED_MS);
    expect([fixture.judge(fixture.token('a')), lenient(fixture)]).toEqual(['unknown', 'clear']);
    fixture.pass(1);
    expect(lenient(fixture)).toBe('unknown');
  });

  it('trusts an answer until allowKnownFor after its read, even if the feed was rebuilt', async () => {
    const fixture = new StandingsFixture({ allowKnownForMs: ALLOWED_MS });
    await fixture.learn('a', undefined);
    fixture.standings.lost();
    fixture.pass(ALLOWED_MS);
    expect(lenient(fixture)).toBe('clear');
    fixture.pass(1);
    fixture.hear();
    expect(lenient(fixture)).toBe('unknown');
  });

  it.each<[string, (fixture: StandingsFixture) => unknown, Verdict]>([
    ['a token that was never read', () => undefined, 'unknown'],
    ['a revoked token', (fixture) => fixture.learn('a', ''), 'revoked'],
    [
      'a token whose entry has changed',
      (fixture) => fixture.learn('a', undefined).then(() => fixture.standings.changed(['a'])),
      'unknown',
    ],
    [
      'a token whose entry was evicted',
      (fixture) => fixture.learn('a', undefined).then(() => fixture.token('b', 'c')),
      'unknown',
    ],
  ])('never lets %s pass', async (_what, prepare, verdict) => {
    const fixture = new StandingsFixture({ allowKnownForMs: ALLOWED_MS, maxEntries: 2 });
    await prepare(fixture);
    expect(lenient(fixture)).toBe(verdict);
  });

  it('trusts neither clock if they differ by more than allowKnownFor', async () => {
    const fixture = new StandingsFixture({ allowKnownForMs: ALLOWED_MS });
    await fixture.learn('a', undefined);
    fixture.wallMs += ALLOWED_MS + 1;
    expect(lenient(fixture)).toBe('unknown');
    fixture.wallMs -= 2 * ALLOWED_MS + 2;
    expect(lenient(fixture)).toBe('unknown');
  });
});

describe('Standings.status', () => {
  it('reports the state of the feed and an outage', async () => {
    const fixture = new StandingsFixture();
    expect(fixture.standings.status).toEqual({ feed: 'live', outage: false });
    fixture.standings.brokenOff(new Error('cut'));
    const refresh = fixture.standings.refresh(fixture.token('a'));
    fixture.questions[0]?.reject(new Error('gone'));
    await expect(refresh).rejects.toThrow('gone');
    expect(fixture.standings.status).toEqual({ feed: 'lost', outage: true });
    await fixture.learn('a', undefined);
    fixture.hear();
    expect(fixture.standings.status).toEqual({ feed: 'live', outage: false });
  });
});
