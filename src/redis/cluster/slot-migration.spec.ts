import { describe, expect, it } from 'vitest';
import { followCluster, heard, keyAt, node, read } from '../../../test/support/redis/followed-cluster.ts';
import { readValues } from '../../../test/support/store/revocations.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import { PartKeys } from './part-keys.ts';
import { slotOf } from './slot.ts';

describe('a store in a Redis Cluster whose slots move', () => {
  it('reads, writes and follows while a slot moves from one primary to another', async () => {
    const world = await followCluster();
    const { listener, store } = world;
    const [{ server: from, id: fromId }, { server: to, id: toId }] = [node(world, 0), node(world, 1)];
    const there = keyAt(0);
    const slot = slotOf(there);
    const absent = `sallyport:revoked:own:{${there}}`;
    expect(slotOf(absent)).toBe(slot);
    await store.revocations.write({ key: there, value: 'A', expiresAtSeconds: undefined });
    await heard(listener);
    await to.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    const { values, epochs } = await store.revocations.read([there, absent, keyAt(2)]);
    expect(values).toEqual(['A', undefined, undefined]);
    expect(epochs.map(([key]) => key)).toContain(new PartKeys(EPOCH_PREFIX).of(slot));
    expect(await store.revocations.readEntries([there, absent])).toMatchObject([{ value: 'A' }, undefined]);
    await store.revocations.write({ key: absent, value: 'B', expiresAtSeconds: undefined });
    expect(await to.client.call('CLUSTER', 'GETKEYSINSLOT', slot, 10)).toEqual([absent]);
    expect(await store.revocations.readEntries([there, absent])).toMatchObject([{ value: 'A' }, { value: 'B' }]);
    expect(await readValues(store, [there, absent])).toEqual(['A', 'B']);
    const byHand = `${absent}2`;
    await to.client.pipeline([['asking'], ['set', byHand, 'C']]).exec();
    await expect.poll(() => listener.keys, { interval: 1 }).toContain(byHand);
    await from.client.migrate('127.0.0.1', to.port, there, 0, 5_000);
    expect(await readValues(store, [there, absent, byHand])).toEqual(['A', 'B', 'C']);
    for (const { server } of [node(world, 1), node(world, 0), node(world, 2)]) {
      await server.client.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
      expect(await readValues(store, [there, absent])).toEqual(['A', 'B']);
    }
    await heard(listener);
    expect(listener).toMatchObject({ breaks: [], losses: 1 });
  });

  it('trusts nothing while a slot moves to a primary that the feed does not follow yet', async () => {
    const world = await followCluster();
    const { listener, cluster } = world;
    const joined = await cluster.join();
    const { server: from, id: fromId } = node(world, 0);
    const key = keyAt(0);
    const slot = slotOf(key);
    await heard(listener);
    expect(listener.breaks).toEqual([]);
    await joined.server.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', joined.id);
    const migratingMs = performance.now();
    await joined.server.client.pipeline([['asking'], ['set', key, 'A']]).exec();
    await expect.poll(() => listener.breaks.length, { timeout: 20_000 }).toBeGreaterThan(0);
    expect(listener.heardUpToMs).toBeLessThan(migratingMs);
    expect(await read(world, key)).toBe('A');
    for (const { server } of [joined, node(world, 0), node(world, 1), node(world, 2)]) {
      await server.client.call('CLUSTER', 'SETSLOT', slot, 'NODE', joined.id);
    }
    await heard(listener);
    await joined.server.client.set(key, 'B');
    await expect.poll(() => listener.keys).toContain(key);
    expect(await read(world, key)).toBe('B');
  });
});
