import { afterEach, describe, expect, it, vi } from 'vitest';
import { MAX_STALENESS_MS, STORE_TIMEOUT_MS, StandingsFixture } from '../../test/support/standings.ts';
import type { Reach } from '../core/revocation-entry.ts';
import { writeUndone } from '../core/revocation-entry.ts';
import type { Verdict } from '../core/standing.ts';
import { NO_EPOCH } from '../core/standing.ts';
import { SetLostError } from './epoch-watch.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('Standings.at()', () => {
  it('hands out one standing a key, of which nothing is known', () => {
    const { standings } = new StandingsFixture();
    expect(standings.at('a')).toBe(standings.at('a'));
    expect(standings.at('a')).not.toBe(standings.at('b'));
    expect(standings.at('a')).toMatchObject({ key: 'a', marked: false, epoch: NO_EPOCH });
    expect(standings.size).toBe(2);
  });
});

describe('Standings.release()', () => {
  it('reaches a token whose standing was evicted, once or twice', async () => {
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

describe('Standings.refresh()', () => {
  it('asks for every key at once and in order, and believes what it is told', async () => {
    const fixture = new StandingsFixture();
    const token = fixture.token('a', 'b', 'c');
    expect(fixture.judge(token)).toBe('unknown');
    const done = fixture.standings.refresh(token);
    expect(fixture.questions.map(({ keys }) => keys)).toEqual([['a', 'b', 'c']]);
    fixture.answer(0, undefined, '{"at":1}', undefined);
    await done;
    expect(['a', 'b', 'c'].map((key) => fixture.judge(fixture.token(key)))).toEqual(['clear', 'revoked', 'clear']);
  });

  it('asks for a key once at a time, however many want it', async () => {
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

  it('asks again when the last question was answered', async () => {
    const fixture = new StandingsFixture();
    await fixture.learn('a', undefined);
    await fixture.learn('a', '');
    expect(fixture.questions).toHaveLength(2);
    expect(fixture.judge(fixture.token('a'))).toBe('revoked');
  });

  it('counts the age of an answer from when it was asked', async () => {
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
    ['answers too few keys', (fixture) => fixture.answer(0, undefined)],
    ['answers too many keys', (fixture) => fixture.answer(0, undefined, undefined, undefined)],
    ['answers what cannot be read', (fixture) => fixture.questions[0]?.resolve([null, null] as never)], // a store with a bug
  ])('rejects, knows nothing new and asks anew when the store %s', async (_what, fail) => {
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

  it('rejects when the store throws, and asks anew', async () => {
    const fixture = new StandingsFixture();
    fixture.breaks = true;
    await expect(fixture.standings.refresh(fixture.token('a'))).rejects.toThrow('broken');
    fixture.breaks = false;
    await fixture.learn('a', undefined);
    expect(fixture.judge(fixture.token('a'))).toBe('clear');
  });

  it('rejects after the time-out, asks anew and ignores the late answer', async () => {
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
  it('trust an answer for as long as the feed was heard in time', async () => {
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
  ])('know nothing of an entry any more when %s', async (_when, tell) => {
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
  ])('discard the answer and ask anew when %s while the store is asked', async (_when, tell, verdictOfOther) => {
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

  it('keep the newer answer when the older one comes last', async () => {
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

  it('keep a question open when an older one fails', async () => {
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

  it('stay revoked when the store forgets', async () => {
    const fixture = new StandingsFixture();
    await fixture.learn('a', '{"at":1}');
    fixture.standings.changed(['a']);
    await fixture.learn('a', undefined);
    fixture.standings.lost();
    expect(fixture.judge(fixture.token('a'))).toBe('revoked');
  });

  it('only raise a not-before mark', async () => {
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

  it('only bring after: forward', async () => {
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

describe('Standings that are full', () => {
  it('trust nothing of an entry that had to go, and tell of changes again once it is back', async () => {
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

  it('remember of an entry that had to go that it is revoked', async () => {
    const fixture = new StandingsFixture({ maxEntries: 2 });
    await fixture.learn('a', '');
    const token = fixture.token('a');
    fixture.token('b', 'c');
    expect(fixture.judge(token)).toBe('revoked');
    expect(fixture.judge(fixture.token('a'))).toBe('revoked');
    await fixture.answerNext(token, undefined);
    expect(fixture.judge(token)).toBe('revoked');
  });

  it('leave an entry unknown that had to go while it was asked for', async () => {
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

  it('never trust a token with more entries than there is room for', async () => {
    const fixture = new StandingsFixture({ maxEntries: 2 });
    const token = fixture.token('a', 'b', 'c');
    await fixture.answerNext(token, undefined, undefined, undefined);
    expect(fixture.judge(token)).toBe('unknown');
  });
});

describe('Standings of entries that are known', () => {
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

  it('that were taken back count no more, and say nothing before the store was asked again', async () => {
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

  it('that were taken back do not let an answer count that was on its way', async () => {
    const { fixture } = makeKnown();
    const token = fixture.token('a');
    const done = fixture.standings.refresh(token);
    fixture.standings.release('a');
    fixture.answer(0, undefined);
    await done;
    expect(fixture.judge(token)).toBe('unknown');
  });

  it('go on once they have begun, although the clock steps back past their beginning', async () => {
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
    // What leaves the LRU is remembered elsewhere.
    fixture.standings.at('b');
    expect(begun).toEqual(['a']);
  });

  it('are revoked from the first, whatever the store would say', async () => {
    const { keys, fixture } = makeKnown();
    keys.add('a');
    expect(fixture.judge(fixture.token('a', 'b'))).toBe('revoked');
    await fixture.learn('a', undefined);
    expect(fixture.judge(fixture.token('a'))).toBe('revoked');
    expect(fixture.questions).toHaveLength(1);
  });

  it.each<[string, (fixture: StandingsFixture) => void]>([
    ['it is told so', (fixture) => fixture.standings.apply('a')],
    ['the entry changes', (fixture) => fixture.standings.changed(['a'])],
  ])('are revoked at once where that becomes known while they are remembered, when %s', async (_when, tell) => {
    const { keys, fixture } = makeKnown();
    await fixture.learn('a', undefined);
    const token = fixture.token('a');
    keys.add('a');
    expect(fixture.judge(token)).toBe('clear');
    tell(fixture);
    expect(fixture.judge(token)).toBe('revoked');
  });

  it('are revoked where one that had to go comes back', async () => {
    const { keys, fixture } = makeKnown({ maxEntries: 2 });
    await fixture.learn('a', undefined);
    const token = fixture.token('a');
    fixture.token('b', 'c');
    keys.add('a');
    await fixture.answerNext(token, undefined);
    expect(fixture.judge(token)).toBe('revoked');
  });

  it('count for one that had to go although it ended something, and comes back', async () => {
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

  it('are told of when they are met in the store', async () => {
    const { found, fixture } = makeKnown();
    await fixture.answerNext(fixture.token('a', SUBJECT, 'b'), '{}', '100', undefined);
    expect(found).toEqual(['a', SUBJECT]);
  });
});

describe('Standings of a set that is lost', () => {
  it('let nothing pass that was known, also where an outage would', async () => {
    const set = { isSound: true };
    const fixture = new StandingsFixture({ set, allowKnownForMs: 60_000 });
    await fixture.learn('a', undefined);
    expect(fixture.standings.outageFreshness).toBeDefined();
    set.isSound = false;
    fixture.standings.lost();
    expect(fixture.standings.outageFreshness).toBeUndefined();
    expect(fixture.judge(fixture.token('a'))).toBe('unknown');
  });

  it('do not call it an outage', async () => {
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

  it('is none under onOutage: deny, and follows the limits', () => {
    const fixture = new StandingsFixture();
    expect(fixture.standings.outageFreshness).toBeUndefined();
    fixture.standings.reconfigure({ maxStalenessMs: 500, storeTimeoutMs: 1, allowKnownForMs: 2000 });
    expect(fixture.standings.outageFreshness).toMatchObject({ maxStalenessMs: 2000 });
    expect(fixture.standings.maxStalenessMs).toBe(500);
  });

  it('lets what was heard of count until allowKnownFor after the last beat, and not longer', async () => {
    const fixture = new StandingsFixture({ allowKnownForMs: ALLOWED_MS });
    await fixture.learn('a', undefined);
    fixture.pass(100_000);
    fixture.hear();
    fixture.pass(ALLOWED_MS);
    expect([fixture.judge(fixture.token('a')), lenient(fixture)]).toEqual(['unknown', 'clear']);
    fixture.pass(1);
    expect(lenient(fixture)).toBe('unknown');
  });

  it('lets an answer count as long from its question, also across a feed that was made again', async () => {
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
    ['what was never read', () => undefined, 'unknown'],
    ['what is revoked', (fixture) => fixture.learn('a', ''), 'revoked'],
    [
      'what has changed since',
      (fixture) => fixture.learn('a', undefined).then(() => fixture.standings.changed(['a'])),
      'unknown',
    ],
    ['what had to go', (fixture) => fixture.learn('a', undefined).then(() => fixture.token('b', 'c')), 'unknown'],
  ])('never lets %s pass', async (_what, prepare, verdict) => {
    const fixture = new StandingsFixture({ allowKnownForMs: ALLOWED_MS, maxEntries: 2 });
    await prepare(fixture);
    expect(lenient(fixture)).toBe(verdict);
  });

  it('believes neither clock where they disagree by more than that', async () => {
    const fixture = new StandingsFixture({ allowKnownForMs: ALLOWED_MS });
    await fixture.learn('a', undefined);
    fixture.wallMs += ALLOWED_MS + 1;
    expect(lenient(fixture)).toBe('unknown');
    fixture.wallMs -= 2 * ALLOWED_MS + 2;
    expect(lenient(fixture)).toBe('unknown');
  });
});

describe('Standings.status', () => {
  it('tells the feed and an outage', async () => {
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
