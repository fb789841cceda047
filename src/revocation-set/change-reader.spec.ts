import { describe, expect, it, onTestFinished } from 'vitest';
import { writeUndone } from '../core/revocation-entry.ts';
import { ChangeReader } from './change-reader.ts';
import type { RevocationEntry } from './entry.ts';
import { ENTRY_GRACE_SECONDS } from './entry.ts';
import { SeenEntries } from './seen-entries.ts';

const NOW_SECONDS = 1_000;
const POLL = { interval: 5 };

function entry(key: string, expiresAtSeconds?: number): RevocationEntry {
  return { key, value: '', expiresAtSeconds };
}

/** A reader over a store that is a map, and time that stands still. */
function make() {
  const stored = new Map<string, RevocationEntry>();
  const rounds: (readonly string[])[] = [];
  const vanished: string[] = [];
  const learnt: string[] = [];
  const watch = { isSound: true, look: async () => undefined };
  const clock = { wallMs: () => NOW_SECONDS * 1000 };
  const known = new SeenEntries({ clock, maxEntries: 100_000 });
  /** Lets a round go on only once this resolves. */
  const gate = { open: Promise.resolve() };
  const store = {
    fails: 0,
    readEntries: async (keys: readonly string[]) => {
      rounds.push(keys);
      if (store.fails-- > 0) throw new Error('gone');
      await gate.open;
      return keys.map((key) => stored.get(key));
    },
  };
  const reader = new ChangeReader({
    store,
    known,
    watch,
    clock,
    learnt: (key) => void learnt.push(key),
    vanished: (keys) => void vanished.push(...keys),
  });
  onTestFinished(() => reader.end());
  /** Tells of keys, and resolves once they were read. */
  const hear = async (...keys: string[]): Promise<void> => {
    const before = rounds.length;
    reader.hear(keys);
    await expect.poll(() => rounds.length, POLL).toBeGreaterThan(before);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { stored, rounds, vanished, learnt, watch, known, gate, store, reader, hear };
}

describe('Learner', () => {
  it('learns entries whole, all that are told of within 100 ms in one question', async () => {
    const { stored, rounds, learnt, known, reader, hear } = make();
    for (const key of ['a', 'b']) stored.set(key, entry(key, NOW_SECONDS + 60));
    reader.hear(['a', 'b', 'a']);
    await hear('b', 'none');
    expect(rounds).toEqual([['a', 'b', 'none']]);
    expect(learnt).toEqual(['a', 'b']);
    expect(known.find('a')).toEqual(entry('a', NOW_SECONDS + 60));
    expect(known.find('none')).toBeUndefined();
  });

  it('asks for 500 at a time', async () => {
    const { rounds, reader } = make();
    reader.hear(Array.from({ length: 1_100 }, (_, index) => `${index}`));
    await expect.poll(() => rounds.map(({ length }) => length), POLL).toEqual([500, 500, 100]);
  });

  it('asks again for what changes while it is read', async () => {
    const { stored, rounds, known, vanished, gate, reader } = make();
    known.add(entry('a'));
    const release = Promise.withResolvers<void>();
    gate.open = release.promise;
    reader.hear(['a']);
    await expect.poll(() => rounds.length, POLL).toBe(1);
    reader.hear(['a']);
    release.resolve();
    await release.promise;
    await new Promise((resolve) => setTimeout(resolve, 5));
    stored.set('a', entry('a'));
    await expect.poll(() => rounds, POLL).toEqual([['a'], ['a']]);
    expect([known.size, vanished]).toEqual([1, []]);
  });

  it('asks again for what could not be read', async () => {
    const { stored, store, rounds, known, hear } = make();
    stored.set('a', entry('a'));
    store.fails = 1;
    await hear('a');
    expect(known.size).toBe(0);
    await expect.poll(() => known.size, { timeout: 5_000 }).toBe(1);
    expect(rounds).toEqual([['a'], ['a']]);
  });

  it('tells of what has gone before its time, by which it stays known', async () => {
    const { known, vanished, hear } = make();
    for (const added of [entry('a'), entry('b', NOW_SECONDS + 10), entry('c', NOW_SECONDS - 10)]) known.add(added);
    await hear('a', 'b', 'c', 'never known');
    expect([vanished, known.keys()]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  it('forgets without a word what has gone at about its time, a day after its end', async () => {
    const { known, vanished, hear } = make();
    known.add(entry('a', NOW_SECONDS + 10 - ENTRY_GRACE_SECONDS));
    await hear('a');
    expect([vanished, known.keys()]).toEqual([[], []]);
  });

  it('forgets without a word what was taken back', async () => {
    const { known, vanished, hear } = make();
    known.add({ ...entry('a'), value: writeUndone({ undoes: '' }) });
    await hear('a');
    expect([vanished, known.keys()]).toEqual([[], []]);
  });

  it.each<[string, (made: ReturnType<typeof make>) => unknown]>([
    [
      'the feed breaks between the telling and the question',
      ({ reader }) => {
        reader.hear(['a']);
        reader.breakOff();
      },
    ],
    [
      'the feed breaks while it is asked',
      async ({ gate, hear, reader }) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        gate.open = promise;
        await hear('a');
        reader.breakOff();
        resolve();
      },
    ],
    [
      'the set is lost',
      async ({ hear, watch }) => {
        watch.isSound = false;
        await hear('a');
      },
    ],
  ])('leaves to others what is not found where %s', async (_where, play) => {
    const made = make();
    made.known.add(entry('a'));
    await play(made);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect([made.vanished, made.known.keys()]).toEqual([[], ['a']]);
  });
});
