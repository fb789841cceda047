import { afterEach, describe, expect, it, vi } from 'vitest';
import { Bench, MAX_STALENESS_MS, STORE_TIMEOUT_MS } from '../../test/support/standings.ts';
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
    const { standings } = new Bench();
    expect(standings.at('a')).toBe(standings.at('a'));
    expect(standings.at('a')).not.toBe(standings.at('b'));
    expect(standings.at('a')).toMatchObject({ key: 'a', marked: false, epoch: NO_EPOCH });
    expect(standings.size).toBe(2);
  });
});

describe('Standings.release()', () => {
  it('reaches a token whose standing was evicted, once or twice', async () => {
    const bench = new Bench({ maxEntries: 1 });
    const token = bench.token('a');
    await bench.answerNext(token, '{"at":1}');
    bench.token('b');
    expect(bench.judge(token)).toBe('revoked');
    expect(bench.judge(bench.token('a'))).toBe('revoked');
    bench.token('b');
    bench.standings.release('a');
    expect(bench.judge(token)).toBe('unknown');
    await bench.answerNext(token, undefined);
    expect(bench.judge(token)).toBe('clear');
  });
});

describe('Standings.refresh()', () => {
  it('asks for every key at once and in order, and believes what it is told', async () => {
    const bench = new Bench();
    const token = bench.token('a', 'b', 'c');
    expect(bench.judge(token)).toBe('unknown');
    const done = bench.standings.refresh(token);
    expect(bench.questions.map(({ keys }) => keys)).toEqual([['a', 'b', 'c']]);
    bench.answer(0, undefined, '{"at":1}', undefined);
    await done;
    expect(['a', 'b', 'c'].map((key) => bench.judge(bench.token(key)))).toEqual(['clear', 'revoked', 'clear']);
  });

  it('asks for a key once at a time, however many want it', async () => {
    const bench = new Bench();
    const [one, other] = [bench.token('a', 'b'), bench.token('b', 'c')];
    const refreshes = [one, other, one, other].map((token) => bench.standings.refresh(token));
    expect(bench.questions.map(({ keys }) => keys)).toEqual([['a', 'b'], ['c']]);
    bench.answer(0, undefined, undefined);
    await refreshes[0];
    expect(bench.judge(one)).toBe('clear');
    expect(bench.judge(other)).toBe('unknown');
    bench.answer(1, undefined);
    await Promise.all(refreshes);
    expect(bench.judge(other)).toBe('clear');
  });

  it('asks again when the last question was answered', async () => {
    const bench = new Bench();
    await bench.learn('a', undefined);
    await bench.learn('a', '');
    expect(bench.questions).toHaveLength(2);
    expect(bench.judge(bench.token('a'))).toBe('revoked');
  });

  it('counts the age of an answer from when it was asked', async () => {
    const bench = new Bench();
    bench.standings.heardUpTo(-Infinity, -Infinity);
    const token = bench.token('a');
    const done = bench.standings.refresh(token);
    bench.pass(MAX_STALENESS_MS);
    bench.answer(0, undefined);
    await done;
    expect(bench.judge(token, 0)).toBe('clear');
    bench.pass(1);
    expect(bench.judge(token, 1)).toBe('unknown');
  });

  it.each<[string, (bench: Bench) => void]>([
    ['rejects', (bench) => bench.questions[0]?.reject(new Error('gone'))],
    ['answers too few keys', (bench) => bench.answer(0, undefined)],
    ['answers too many keys', (bench) => bench.answer(0, undefined, undefined, undefined)],
    ['answers what cannot be read', (bench) => bench.questions[0]?.resolve([null, null] as never)], // a store with a bug
  ])('rejects, knows nothing new and asks anew when the store %s', async (_what, fail) => {
    const bench = new Bench();
    const token = bench.token('a', 'b');
    const refreshes = [bench.standings.refresh(token), bench.standings.refresh(token)];
    fail(bench);
    for (const refresh of refreshes) await expect(refresh).rejects.toThrow(/./);
    expect(bench.judge(token)).toBe('unknown');
    const again = bench.standings.refresh(token);
    expect(bench.questions).toHaveLength(2);
    bench.answer(1, undefined, undefined);
    await again;
    expect(bench.judge(token)).toBe('clear');
  });

  it('rejects when the store throws, and asks anew', async () => {
    const bench = new Bench();
    bench.breaks = true;
    await expect(bench.standings.refresh(bench.token('a'))).rejects.toThrow('broken');
    bench.breaks = false;
    await bench.learn('a', undefined);
    expect(bench.judge(bench.token('a'))).toBe('clear');
  });

  it('rejects after the time-out, asks anew and ignores the late answer', async () => {
    vi.useFakeTimers();
    const bench = new Bench();
    const token = bench.token('a');
    let ended = false;
    const refresh = bench.standings.refresh(token).finally(() => {
      ended = true;
    });
    const rejected = expect(refresh).rejects.toThrow('the store did not answer within 80 ms');
    await vi.advanceTimersByTimeAsync(STORE_TIMEOUT_MS - 1);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await rejected;
    const again = bench.standings.refresh(token);
    bench.answer(0, undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(bench.judge(token)).toBe('unknown');
    bench.answer(1, '');
    await again;
    expect(bench.judge(token)).toBe('revoked');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('Standings and the feed', () => {
  it('trust an answer for as long as the feed was heard in time', async () => {
    const bench = new Bench();
    await bench.learn('a', undefined);
    const token = bench.token('a');
    bench.pass(MAX_STALENESS_MS);
    expect(bench.judge(token)).toBe('clear');
    bench.pass(1);
    expect(bench.judge(token)).toBe('unknown');
    bench.hear();
    expect(bench.judge(token)).toBe('clear');
  });

  it.each<[string, (bench: Bench) => void]>([
    ['it has changed', (bench) => bench.standings.changed(['x', 'a', 'never-heard-of'])],
    ['changes may have been missed', (bench) => bench.standings.lost()],
  ])('know nothing of an entry any more when %s', async (_when, tell) => {
    const bench = new Bench();
    await bench.learn('a', undefined);
    tell(bench);
    bench.hear();
    expect(bench.judge(bench.token('a'))).toBe('unknown');
    await bench.learn('a', undefined);
    expect(bench.judge(bench.token('a'))).toBe('clear');
  });

  it.each<[string, (bench: Bench) => void, Verdict]>([
    ['the entry changes', (bench) => bench.standings.changed(['a']), 'clear'],
    ['the feed breaks', (bench) => bench.standings.lost(), 'unknown'],
  ])('discard the answer and ask anew when %s while the store is asked', async (_when, tell, verdictOfOther) => {
    const bench = new Bench();
    const [token, other] = [bench.token('a'), bench.token('b')];
    const first = bench.standings.refresh(bench.token('a', 'b'));
    tell(bench);
    const second = bench.standings.refresh(token);
    expect(bench.questions[1]?.keys).toEqual(['a']);
    bench.answer(0, undefined, undefined);
    await first;
    expect(bench.judge(token)).toBe('unknown');
    expect(bench.judge(other)).toBe(verdictOfOther);
    const third = bench.standings.refresh(token);
    expect(bench.questions.filter(({ keys }) => keys.includes('a'))).toHaveLength(2);
    bench.answer(1, '');
    await Promise.all([second, third]);
    expect(bench.judge(token)).toBe('revoked');
  });

  it('keep the newer answer when the older one comes last', async () => {
    const bench = new Bench();
    const token = bench.token('a');
    const older = bench.standings.refresh(token);
    bench.standings.changed(['a']);
    const newer = bench.standings.refresh(token);
    bench.answer(1, '');
    await newer;
    bench.answer(0, undefined);
    await older;
    expect(bench.judge(token)).toBe('revoked');
  });

  it('keep a question open when an older one fails', async () => {
    const bench = new Bench();
    const token = bench.token('a');
    const older = bench.standings.refresh(token);
    bench.standings.changed(['a']);
    const newer = bench.standings.refresh(token);
    bench.questions[0]?.reject(new Error('gone'));
    await expect(older).rejects.toThrow('gone');
    const coalesced = bench.standings.refresh(token);
    expect(bench.questions).toHaveLength(2);
    bench.answer(1, undefined);
    await Promise.all([newer, coalesced]);
    expect(bench.judge(token)).toBe('clear');
  });
});

describe('Standings and marks', () => {
  const MARK = 'sallyport:notbefore:own:sub-1';

  it('stay revoked when the store forgets', async () => {
    const bench = new Bench();
    await bench.learn('a', '{"at":1}');
    bench.standings.changed(['a']);
    await bench.learn('a', undefined);
    bench.standings.lost();
    expect(bench.judge(bench.token('a'))).toBe('revoked');
  });

  it('only raise a not-before mark', async () => {
    const bench = new Bench();
    const verdicts = (): Verdict[] => [500, 1000, 1500].map((iat) => bench.judge(bench.token(MARK), undefined, iat));
    await bench.learn(MARK, '1000');
    expect(verdicts()).toEqual(['revoked', 'revoked', 'clear']);
    await bench.learn(MARK, '500');
    expect(verdicts()).toEqual(['revoked', 'revoked', 'clear']);
    await bench.learn(MARK, undefined);
    expect(verdicts()).toEqual(['revoked', 'revoked', 'clear']);
    await bench.learn(MARK, '1500');
    expect(verdicts()).toEqual(['revoked', 'revoked', 'revoked']);
  });

  it('only bring after: forward', async () => {
    const bench = new Bench();
    for (const value of ['after:4000000000', 'after:5000000000', undefined, 'after:4000000001']) {
      await bench.learn('a', value);
      expect(bench.standings.at('a')).toMatchObject({ marked: true, fromSeconds: 4_000_000_000 });
      expect(bench.judge(bench.token('a'))).toBe('clear');
    }
    await bench.learn('a', '{"at":1}');
    expect(bench.judge(bench.token('a'))).toBe('revoked');
  });
});

describe('Standings that are full', () => {
  it('trust nothing of an entry that had to go, and tell of changes again once it is back', async () => {
    const bench = new Bench({ maxEntries: 2 });
    await bench.learn('a', undefined);
    const token = bench.token('a');
    expect(bench.judge(token)).toBe('clear');
    bench.token('b', 'c');
    expect(bench.judge(token)).toBe('unknown');
    await bench.answerNext(token, undefined);
    expect(bench.judge(token)).toBe('clear');
    expect(token.standings).toEqual([bench.standings.at('a')]);
    bench.standings.changed(['a']);
    expect(bench.judge(token)).toBe('unknown');
  });

  it('remember of an entry that had to go that it is revoked', async () => {
    const bench = new Bench({ maxEntries: 2 });
    await bench.learn('a', '');
    const token = bench.token('a');
    bench.token('b', 'c');
    expect(bench.judge(token)).toBe('revoked');
    expect(bench.judge(bench.token('a'))).toBe('revoked');
    await bench.answerNext(token, undefined);
    expect(bench.judge(token)).toBe('revoked');
  });

  it('leave an entry unknown that had to go while it was asked for', async () => {
    const bench = new Bench({ maxEntries: 2 });
    const token = bench.token('a');
    const done = bench.standings.refresh(token);
    bench.token('b', 'c');
    const newcomer = bench.token('a');
    bench.answer(0, undefined);
    await done;
    expect([bench.judge(token), bench.judge(newcomer)]).toEqual(['unknown', 'unknown']);
    await bench.answerNext(token, undefined);
    expect([bench.judge(token), bench.judge(newcomer)]).toEqual(['clear', 'clear']);
  });

  it('never trust a token with more entries than there is room for', async () => {
    const bench = new Bench({ maxEntries: 2 });
    const token = bench.token('a', 'b', 'c');
    await bench.answerNext(token, undefined, undefined, undefined);
    expect(bench.judge(token)).toBe('unknown');
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
    return { keys, found, begun, bench: new Bench({ ...options, known, found: (key) => void found.push(key) }) };
  }

  it('that were taken back count no more, and say nothing before the store was asked again', async () => {
    const { bench } = makeKnown();
    const token = bench.token('a');
    await bench.answerNext(token, '{"at":1}');
    expect(bench.judge(token)).toBe('revoked');
    bench.standings.release('a');
    expect(bench.judge(token)).toBe('unknown');
    await bench.answerNext(token, writeUndone({ undoes: '{"at":1}' }));
    expect(bench.judge(token)).toBe('clear');
    bench.standings.release('never heard of');
  });

  it('that were taken back do not let an answer count that was on its way', async () => {
    const { bench } = makeKnown();
    const token = bench.token('a');
    const done = bench.standings.refresh(token);
    bench.standings.release('a');
    bench.answer(0, undefined);
    await done;
    expect(bench.judge(token)).toBe('unknown');
  });

  it('go on once they have begun, although the clock steps back past their beginning', async () => {
    const { bench, begun } = makeKnown({ maxEntries: 1 });
    const token = bench.token('a');
    const beginsSeconds = bench.wallMs / 1000 + 10;
    await bench.answerNext(token, `after:${beginsSeconds}`);
    expect(bench.judge(token)).toBe('clear');
    bench.pass(10_000);
    bench.hear();
    expect(bench.judge(token)).toBe('revoked');
    bench.wallMs -= 3_600_000;
    bench.hear();
    expect(bench.judge(token)).toBe('revoked');
    // What leaves the LRU is remembered elsewhere.
    bench.standings.at('b');
    expect(begun).toEqual(['a']);
  });

  it('are revoked from the first, whatever the store would say', async () => {
    const { keys, bench } = makeKnown();
    keys.add('a');
    expect(bench.judge(bench.token('a', 'b'))).toBe('revoked');
    await bench.learn('a', undefined);
    expect(bench.judge(bench.token('a'))).toBe('revoked');
    expect(bench.questions).toHaveLength(1);
  });

  it.each<[string, (bench: Bench) => void]>([
    ['it is told so', (bench) => bench.standings.apply('a')],
    ['the entry changes', (bench) => bench.standings.changed(['a'])],
  ])('are revoked at once where that becomes known while they are remembered, when %s', async (_when, tell) => {
    const { keys, bench } = makeKnown();
    await bench.learn('a', undefined);
    const token = bench.token('a');
    keys.add('a');
    expect(bench.judge(token)).toBe('clear');
    tell(bench);
    expect(bench.judge(token)).toBe('revoked');
  });

  it('are revoked where one that had to go comes back', async () => {
    const { keys, bench } = makeKnown({ maxEntries: 2 });
    await bench.learn('a', undefined);
    const token = bench.token('a');
    bench.token('b', 'c');
    keys.add('a');
    await bench.answerNext(token, undefined);
    expect(bench.judge(token)).toBe('revoked');
  });

  it('count for one that had to go although it ended something, and comes back', async () => {
    const known = new Map<string, Reach>();
    const bench = new Bench({
      maxEntries: 1,
      known: { reachOf: (key) => known.get(key), begun: () => undefined },
    });
    const token = bench.token(SUBJECT);
    await bench.answerNext(token, '100');
    bench.token('b');
    known.set(SUBJECT, { issuedUpToSeconds: 200, fromSeconds: -Infinity });
    await bench.answerNext(token, undefined);
    expect(bench.judge(token, undefined, 200)).toBe('revoked');
    expect(bench.judge(token, undefined, 201)).toBe('clear');
  });

  it('are told of when they are met in the store', async () => {
    const { found, bench } = makeKnown();
    await bench.answerNext(bench.token('a', SUBJECT, 'b'), '{}', '100', undefined);
    expect(found).toEqual(['a', SUBJECT]);
  });
});

describe('Standings of a set that is lost', () => {
  it('let nothing pass that was known, also where an outage would', async () => {
    const set = { isSound: true };
    const bench = new Bench({ set, allowKnownForMs: 60_000 });
    await bench.learn('a', undefined);
    expect(bench.standings.outageFreshness).toBeDefined();
    set.isSound = false;
    bench.standings.lost();
    expect(bench.standings.outageFreshness).toBeUndefined();
    expect(bench.judge(bench.token('a'))).toBe('unknown');
  });

  it('do not call it an outage', async () => {
    const bench = new Bench();
    const refresh = bench.standings.refresh(bench.token('a'));
    bench.questions[0]?.reject(new SetLostError('lost'));
    await expect(refresh).rejects.toThrow('lost');
    expect(bench.standings.status.outage).toBe(false);
  });
});

describe('Standings.outageFreshness', () => {
  const ALLOWED_MS = 30_000;
  const lenient = (bench: Bench, key = 'a'): Verdict =>
    bench.judge(bench.token(key), undefined, 0, bench.standings.outageFreshness);

  it('is none under onOutage: deny, and follows the limits', () => {
    const bench = new Bench();
    expect(bench.standings.outageFreshness).toBeUndefined();
    bench.standings.reconfigure({ maxStalenessMs: 500, storeTimeoutMs: 1, allowKnownForMs: 2000 });
    expect(bench.standings.outageFreshness).toMatchObject({ maxStalenessMs: 2000 });
    expect(bench.standings.maxStalenessMs).toBe(500);
  });

  it('lets what was heard of count until allowKnownFor after the last beat, and not longer', async () => {
    const bench = new Bench({ allowKnownForMs: ALLOWED_MS });
    await bench.learn('a', undefined);
    bench.pass(100_000);
    bench.hear();
    bench.pass(ALLOWED_MS);
    expect([bench.judge(bench.token('a')), lenient(bench)]).toEqual(['unknown', 'clear']);
    bench.pass(1);
    expect(lenient(bench)).toBe('unknown');
  });

  it('lets an answer count as long from its question, also across a feed that was made again', async () => {
    const bench = new Bench({ allowKnownForMs: ALLOWED_MS });
    await bench.learn('a', undefined);
    bench.standings.lost();
    bench.pass(ALLOWED_MS);
    expect(lenient(bench)).toBe('clear');
    bench.pass(1);
    bench.hear();
    expect(lenient(bench)).toBe('unknown');
  });

  it.each<[string, (bench: Bench) => unknown, Verdict]>([
    ['what was never read', () => undefined, 'unknown'],
    ['what is revoked', (bench) => bench.learn('a', ''), 'revoked'],
    [
      'what has changed since',
      (bench) => bench.learn('a', undefined).then(() => bench.standings.changed(['a'])),
      'unknown',
    ],
    ['what had to go', (bench) => bench.learn('a', undefined).then(() => bench.token('b', 'c')), 'unknown'],
  ])('never lets %s pass', async (_what, prepare, verdict) => {
    const bench = new Bench({ allowKnownForMs: ALLOWED_MS, maxEntries: 2 });
    await prepare(bench);
    expect(lenient(bench)).toBe(verdict);
  });

  it('believes neither clock where they disagree by more than that', async () => {
    const bench = new Bench({ allowKnownForMs: ALLOWED_MS });
    await bench.learn('a', undefined);
    bench.wallMs += ALLOWED_MS + 1;
    expect(lenient(bench)).toBe('unknown');
    bench.wallMs -= 2 * ALLOWED_MS + 2;
    expect(lenient(bench)).toBe('unknown');
  });
});

describe('Standings.status', () => {
  it('tells the feed and an outage', async () => {
    const bench = new Bench();
    expect(bench.standings.status).toEqual({ feed: 'live', outage: false });
    bench.standings.brokenOff(new Error('cut'));
    const refresh = bench.standings.refresh(bench.token('a'));
    bench.questions[0]?.reject(new Error('gone'));
    await expect(refresh).rejects.toThrow('gone');
    expect(bench.standings.status).toEqual({ feed: 'lost', outage: true });
    await bench.learn('a', undefined);
    bench.hear();
    expect(bench.standings.status).toEqual({ feed: 'live', outage: false });
  });
});
