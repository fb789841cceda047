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

/** A reader on a map as its store, at a fixed time. */
function make() {
  const stored = new Map<string, RevocationEntry>();
  const rounds: (readonly string[])[] = [];
  const vanished: string[] = [];
  const learnt: string[] = [];
  const watch = { isSound: true, look: async () => undefined };
  const clock = { wallMs: () => NOW_SECONDS * 1000 };
  const known = new SeenEntries({ clock, maxEntries: 100_000 });
  /** A round continues once this resolves. */
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
  /** Enqueues keys, and resolves once they were read. */
  const readKeys = async (...keys: string[]): Promise<void> => {
    const before = rounds.length;
    reader.enqueue(keys);
    await expect.poll(() => rounds.length, POLL).toBeGreaterThan(before);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { stored, rounds, vanished, learnt, watch, known, gate, store, reader, readKeys };
}

describe('ChangeReader', () => {
  it('learns whole entries, and reads all keys of 100 ms at once', async () => {
    const { stored, rounds, learnt, known, reader, readKeys } = make();
    for (const key of ['a', 'b']) stored.set(key, entry(key, NOW_SECONDS + 60));
    reader.enqueue(['a', 'b', 'a']);
    await readKeys('b', 'none');
    expect(rounds).toEqual([['a', 'b', 'none']]);
    expect(learnt).toEqual(['a', 'b']);
    expect(known.find('a')).toEqual(entry('a', NOW_SECONDS + 60));
    expect(known.find('none')).toBeUndefined();
  });

  it('reads 500 keys at a time', async () => {
    const { rounds, reader } = make();
    reader.enqueue(Array.from({ length: 1_100 }, (_, index) => `${index}`));
    await expect.poll(() => rounds.map(({ length }) => length), POLL).toEqual([500, 500, 100]);
  });

  it('reads an entry again that changes during the read', async () => {
    const { stored, rounds, known, vanished, gate, reader } = make();
    known.add(entry('a'));
    const release = Promise.withResolvers<void>();
    gate.open = release.promise;
    reader.enqueue(['a']);
    await expect.poll(() => rounds.length, POLL).toBe(1);
    reader.enqueue(['a']);
    release.resolve();
    await release.promise;
    await new Promise((resolve) => setTimeout(resolve, 5));
    stored.set('a', entry('a'));
    await expect.poll(() => rounds, POLL).toEqual([['a'], ['a']]);
    expect([known.size, vanished]).toEqual([1, []]);
  });

  it('reads again after a failed read', async () => {
    const { stored, store, rounds, known, readKeys } = make();
    stored.set('a', entry('a'));
    store.fails = 1;
    await readKeys('a');
    expect(known.size).toBe(0);
    await expect.poll(() => known.size, { timeout: 5_000 }).toBe(1);
    expect(rounds).toEqual([['a'], ['a']]);
  });

  it('reports entries that vanished before their expiry, and keeps them', async () => {
    const { known, vanished, readKeys } = make();
    for (const added of [entry('a'), entry('b', NOW_SECONDS + 10), entry('c', NOW_SECONDS - 10)]) known.add(added);
    await readKeys('a', 'b', 'c', 'never known');
    expect([vanished, known.keys()]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  it('silently forgets an entry that vanished at about a day after its expiry', async () => {
    const { known, vanished, readKeys } = make();
    known.add(entry('a', NOW_SECONDS + 10 - ENTRY_GRACE_SECONDS));
    await readKeys('a');
    expect([vanished, known.keys()]).toEqual([[], []]);
  });

  it('silently forgets an entry that was undone', async () => {
    const { known, vanished, readKeys } = make();
    known.add({ ...entry('a'), value: writeUndone({ undoes: '' }) });
    await readKeys('a');
    expect([vanished, known.keys()]).toEqual([[], []]);
  });

  it.each<[string, (made: ReturnType<typeof make>) => unknown]>([
    [
      'the feed breaks before the read',
      ({ reader }) => {
        reader.enqueue(['a']);
        reader.breakOff();
      },
    ],
    [
      'the feed breaks during the read',
      async ({ gate, readKeys, reader }) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        gate.open = promise;
        await readKeys('a');
        reader.breakOff();
        resolve();
      },
    ],
    [
      'the set is lost',
      async ({ readKeys, watch }) => {
        watch.isSound = false;
        await readKeys('a');
      },
    ],
  ])('leaves missing entries to LossReplay when %s', async (_when, play) => {
    const made = make();
    made.known.add(entry('a'));
    await play(made);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect([made.vanished, made.known.keys()]).toEqual([[], ['a']]);
  });
});
