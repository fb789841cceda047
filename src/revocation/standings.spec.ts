import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KnownCredential } from '../core/known.ts';
import type { Verdict } from '../core/standing.ts';
import { judge, NO_EPOCH } from '../core/standing.ts';
import { makeCredential, makeMoment } from '../core/testing.ts';
import { Standings } from './standings.ts';

const MAX_STALENESS_MS = 1000;
const STORE_TIMEOUT_MS = 80;

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
    bench.standings.heardUpTo(-Infinity);
    const token = bench.token('a');
    const done = bench.standings.refresh(token);
    bench.nowMs += MAX_STALENESS_MS;
    bench.answer(0, undefined);
    await done;
    expect(bench.judge(token, 0)).toBe('clear');
    bench.nowMs += 1;
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
    bench.nowMs += MAX_STALENESS_MS;
    expect(bench.judge(token)).toBe('clear');
    bench.nowMs += 1;
    expect(bench.judge(token)).toBe('unknown');
    bench.standings.heardUpTo(bench.nowMs);
    expect(bench.judge(token)).toBe('clear');
  });

  it.each<[string, (bench: Bench) => void]>([
    ['it has changed', (bench) => bench.standings.changed(['x', 'a', 'never-heard-of'])],
    ['changes may have been missed', (bench) => bench.standings.lost()],
  ])('know nothing of an entry any more when %s', async (_when, tell) => {
    const bench = new Bench();
    await bench.learn('a', undefined);
    tell(bench);
    bench.standings.heardUpTo(bench.nowMs);
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
    const later = bench.token('a');
    expect(later.standings).not.toEqual(token.standings);
    await bench.answerNext(token, undefined);
    expect(bench.judge(later)).toBe('revoked');
    expect(token.standings).toEqual(later.standings);
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

describe('Standings keep the promise', () => {
  const KEYS = ['a', 'b', 'c', 'd'] as const;
  const TOKENS = [['a', 'b'], ['b', 'c'], ['d']] as const;
  const key = fc.constantFrom(...KEYS);
  const token = fc.nat(TOKENS.length - 1);
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.record({ what: fc.constant('revoke' as const), key }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('touch' as const), key }) },
    { weight: 4, arbitrary: fc.record({ what: fc.constant('beat' as const) }) },
    { weight: 4, arbitrary: fc.record({ what: fc.constant('deliver' as const) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('break' as const) }) },
    { weight: 6, arbitrary: fc.record({ what: fc.constant('ask' as const), token }) },
    { weight: 6, arbitrary: fc.record({ what: fc.constant('read' as const), nth: fc.nat(3) }) },
    { weight: 8, arbitrary: fc.record({ what: fc.constant('answer' as const), nth: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('fail' as const), nth: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('crowd' as const) }) },
    { weight: 5, arbitrary: fc.record({ what: fc.constant('pass' as const), ms: fc.nat(600) }) },
    { weight: 8, arbitrary: fc.record({ what: fc.constant('decide' as const), token, beganAgoMs: fc.nat(150) }) },
  );

  it('whatever order changes, answers, losses and evictions come in', async () => {
    const verdicts = { clear: 0, revoked: 0, unknown: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const bench = new Bench({ maxEntries: 3 });
        const tokens = TOKENS.map((keys) => bench.token(...keys));
        const revokedAtMs = new Map<string, number>();
        const feed: (() => void)[] = [];
        const snapshots = new Map<Question, readonly (string | undefined)[]>();
        const pending = (nth: number): Question | undefined => bench.questions.filter(({ isOpen }) => isOpen)[nth];
        const snapshot = (question: Question): readonly (string | undefined)[] =>
          question.keys.map((asked) => (revokedAtMs.has(asked) ? '' : undefined));
        for (const one of steps) {
          switch (one.what) {
            case 'revoke':
              if (!revokedAtMs.has(one.key)) revokedAtMs.set(one.key, bench.nowMs);
              feed.push(() => bench.standings.changed([one.key]));
              break;
            case 'touch':
              feed.push(() => bench.standings.changed([one.key]));
              break;
            case 'beat': {
              const sentAtMs = bench.nowMs;
              feed.push(() => bench.standings.heardUpTo(sentAtMs));
              break;
            }
            case 'deliver':
              for (const tell of feed.splice(0, 3)) tell();
              break;
            case 'break':
              feed.length = 0;
              bench.standings.lost();
              break;
            case 'ask':
              bench.standings.refresh(tokens[one.token] ?? makeCredential()).catch(() => {});
              break;
            case 'read': {
              const question = pending(one.nth);
              if (question !== undefined && !snapshots.has(question)) snapshots.set(question, snapshot(question));
              break;
            }
            case 'answer': {
              const question = pending(one.nth);
              question?.resolve(snapshots.get(question) ?? snapshot(question));
              await setImmediate();
              break;
            }
            case 'fail':
              pending(one.nth)?.reject(new Error('gone'));
              await setImmediate();
              break;
            case 'crowd':
              bench.token('x', 'y');
              break;
            case 'pass':
              bench.nowMs += one.ms;
              break;
            case 'decide': {
              const asked = tokens[one.token] ?? makeCredential();
              const beganMs = bench.nowMs - one.beganAgoMs;
              const verdict = bench.judge(asked, beganMs);
              verdicts[verdict] += 1;
              const endedAtMs = Math.min(...asked.standings.map((entry) => revokedAtMs.get(entry.key) ?? Infinity));
              if (beganMs > endedAtMs + MAX_STALENESS_MS) expect(verdict).not.toBe('clear');
              if (endedAtMs === Infinity) expect(verdict).not.toBe('revoked');
              break;
            }
          }
        }
        for (const question of bench.questions) question.resolve(snapshot(question));
      }),
      { numRuns: 2000 },
    );
    expect(verdicts.clear).toBeGreaterThan(50);
    expect(verdicts.revoked).toBeGreaterThan(50);
    expect(verdicts.unknown).toBeGreaterThan(50);
  });
});

interface Question {
  readonly keys: readonly string[];
  isOpen: boolean;
  resolve(values: readonly (string | undefined)[]): void;
  reject(error: Error): void;
}

/** Standings over a store that answers when it is told to, and a clock that stands still. */
class Bench {
  readonly questions: Question[] = [];
  readonly standings: Standings;
  nowMs = 10_000;
  breaks = false;

  constructor({ maxEntries = 100 } = {}) {
    this.standings = new Standings({
      store: { read: (keys) => this.read(keys) },
      clock: { monotonicMs: () => this.nowMs },
      maxStalenessMs: MAX_STALENESS_MS,
      storeTimeoutMs: STORE_TIMEOUT_MS,
      maxEntries,
    });
    this.standings.heardUpTo(this.nowMs);
  }

  /** A token that these entries could end. */
  token(...keys: readonly string[]): KnownCredential {
    return makeCredential({ standings: keys.map((key) => this.standings.at(key)) });
  }

  answer(nth: number, ...values: readonly (string | undefined)[]): void {
    this.questions[nth]?.resolve(values);
  }

  /** Refreshes a token and answers the question that this asks. */
  async answerNext(token: KnownCredential, ...values: readonly (string | undefined)[]): Promise<void> {
    const done = this.standings.refresh(token);
    this.answer(this.questions.length - 1, ...values);
    await done;
  }

  /** Asks for one entry and is told its value. */
  async learn(key: string, value: string | undefined): Promise<void> {
    await this.answerNext(this.token(key), value);
  }

  /** What the core would read from a token's standings, in a decision that began now unless told otherwise. */
  judge({ standings }: KnownCredential, beganMs = this.nowMs + 1, issuedAtSeconds = 0): Verdict {
    const moment = makeMoment({ monotonicMs: this.nowMs, beganMs });
    const verdicts = standings.map((entry) => judge(entry, issuedAtSeconds, this.standings.freshness, moment));
    return (
      verdicts.find((verdict) => verdict === 'revoked') ?? verdicts.find((verdict) => verdict === 'unknown') ?? 'clear'
    );
  }

  private read(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    if (this.breaks) throw new Error('broken');
    const { promise, resolve, reject } = Promise.withResolvers<readonly (string | undefined)[]>();
    const question = {
      keys: [...keys],
      isOpen: true,
      resolve: (values: readonly (string | undefined)[]) => {
        question.isOpen = false;
        resolve(values);
      },
      reject: (error: Error) => {
        question.isOpen = false;
        reject(error);
      },
    };
    this.questions.push(question);
    return promise;
  }
}
