import { describe, expect, it, onTestFinished } from 'vitest';
import { StoreError } from '../core/ports.ts';
import { formatEpoch, parseEpoch } from './epoch.ts';
import { EpochWatch, SetLostError } from './epoch-watch.ts';
import type { EpochReading } from './revocation-store.ts';
import { EPOCH_PREFIX } from './revocation-store.ts';

const [ONE, OTHER] = [`${EPOCH_PREFIX}:{1}`, `${EPOCH_PREFIX}:{2}`];
const STRANGER = formatEpoch({ epoch: 'stranger', follows: [], loss: undefined });

/** A store of two parts, each of which can be lost by itself, and a watch that records its calls. */
function make() {
  const records = new Map<string, string | undefined>([
    [ONE, undefined],
    [OTHER, undefined],
  ]);
  const calls: string[] = [];
  /** Run before each read and each write. */
  const before = { read: async () => {}, swap: async () => {} };
  const store = {
    read: async (): Promise<EpochReading> => {
      await before.read();
      return new Map(records);
    },
    swap: async (key: string, expected: string | undefined, value: string) => {
      await before.swap();
      if (records.get(key) !== expected) return false;
      records.set(key, value);
      return true;
    },
  };
  const record = (call: string) => (): void => void calls.push(call);
  const clock = { wallMs: () => 500_000 };
  const watch = new EpochWatch({ store, clock, distrust: record('distrust'), changed: record('changed') });
  onTestFinished(() => watch.end());
  /** Checks a read from these parts. */
  const readFrom = (...keys: readonly string[]): void => watch.check(keys.map((key) => [key, records.get(key)]));
  return { records, calls, before, watch, readFrom };
}

describe('EpochWatch', () => {
  it('creates the records of a new store, and trusts reads from it', async () => {
    const { records, watch, calls, readFrom } = make();
    expect(watch.isSound).toBe(false);
    await watch.look();
    expect([...records.values()].map((text) => parseEpoch(text ?? '')?.follows)).toEqual([[], []]);
    expect(new Set(records.values()).size).toBe(2);
    expect([watch.isSound, watch.lostSinceSeconds, calls]).toEqual([true, undefined, ['changed']]);
    readFrom(ONE, OTHER);
    await watch.look();
    expect(calls).toEqual(['changed']);
  });

  it('refuses a read without any record', async () => {
    const { watch, readFrom } = make();
    await watch.look();
    expect(() => readFrom()).toThrow(SetLostError);
  });

  it.each([
    ['missing', undefined],
    ['another', STRANGER],
  ])('refuses a read whose record is %s, and trusts nothing from then on', async (_what, text) => {
    const { records, watch, calls, before, readFrom } = make();
    await watch.look();
    const { promise: held, resolve } = Promise.withResolvers<void>();
    before.read = () => held;
    records.set(OTHER, text);
    readFrom(ONE);
    expect(() => readFrom(OTHER)).toThrow(SetLostError);
    expect([watch.isSound, calls]).toEqual([false, ['changed', 'distrust']]);
    expect(() => readFrom(ONE)).toThrow('is being checked');
    resolve();
    await expect.poll(() => watch.lostSinceSeconds).toBe(500);
    expect(calls.at(-1)).toBe('changed');
    expect(() => readFrom(ONE)).toThrow('run `sallyport store accept-loss`');
  });

  it('announces the loss of one part in its record, and adopts its acceptance', async () => {
    const { records, watch, readFrom, calls } = make();
    await watch.look();
    const [one, other] = [records.get(ONE), records.get(OTHER)];
    records.delete(ONE);
    records.set(ONE, undefined);
    await watch.look();
    const record = parseEpoch(records.get(ONE) ?? '');
    expect(record?.loss).toEqual({ lost: [parseEpoch(one ?? '')?.epoch], noticedAt: 500 });
    expect(records.get(OTHER)).toBe(other);
    records.set(ONE, formatEpoch({ epoch: 'accepted', follows: [record?.epoch ?? ''], loss: undefined }));
    calls.length = 0;
    await watch.look();
    expect([watch.isSound, calls]).toEqual([true, ['changed']]);
    readFrom(ONE, OTHER);
  });

  it('adopts the record that another instance wrote first', async () => {
    const { records, watch, before } = make();
    before.swap = async () => {
      before.swap = async () => {};
      records.set(ONE, STRANGER);
    };
    await watch.look();
    expect(records.get(ONE)).toBe(STRANGER);
    expect(watch.isSound).toBe(true);
  });

  it('gives up on a record that changes with every attempt', async () => {
    const { records, watch, before } = make();
    let count = 0;
    before.swap = async () => {
      count += 1;
      records.set(ONE, `${count}`);
    };
    await expect(watch.look()).rejects.toThrow(`${ONE} keeps changing`);
    expect(watch.isSound).toBe(false);
  });

  it('trusts nothing while the store cannot be read, and retries', async () => {
    const { records, watch, before, readFrom } = make();
    await watch.look();
    before.read = async () => {
      before.read = async () => {};
      throw new StoreError('gone');
    };
    const text = records.get(ONE);
    records.set(ONE, undefined);
    expect(() => readFrom(ONE)).toThrow(SetLostError);
    records.set(ONE, text);
    expect(() => readFrom(ONE)).toThrow('is being checked');
    await expect.poll(() => watch.isSound, { timeout: 10_000 }).toBe(true);
    readFrom(ONE);
  });
});
