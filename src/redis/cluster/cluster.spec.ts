import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClusterServer, RedisCluster } from '../../../test/support/redis/cluster.ts';
import { startRedisCluster } from '../../../test/support/redis/cluster.ts';
import { clusterConfig, openRedisForTest } from '../../../test/support/redis/config.ts';
import { RecordingListener } from '../../../test/support/store/recording-listener.ts';
import { readValues } from '../../../test/support/store/revocations.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import type { Store } from '../../store/store.ts';
import { PartKeys } from './part-keys.ts';
import { slotOf } from './slot.ts';

const STORE_MS = 300;

interface World {
  readonly cluster: RedisCluster;
  readonly store: Store;
  readonly listener: RecordingListener;
}

/** A store in a cluster, whose feed was heard. */
async function follow(): Promise<World> {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.close());
  const store = await openRedisForTest(clusterConfig(cluster), { storeMs: STORE_MS });
  const listener = new RecordingListener();
  store.feed.follow(listener);
  await heard(listener);
  return { cluster, store, listener };
}

/** Resolves once all that was acknowledged before now was told. */
async function heard(listener: RecordingListener): Promise<void> {
  const moment = performance.now();
  await expect.poll(() => listener.heardUpToMs, { timeout: 30_000, interval: 10 }).toBeGreaterThanOrEqual(moment);
}

/** A key of the revocation set that the first, second or third primary serves at the beginning. */
function keyAt(third: number, name = ''): string {
  for (let number = 0; ; number++) {
    const key = `sallyport:revoked:own:${name}${number}`;
    if (Math.floor((slotOf(key) * 3) / 16_384) === third) return key;
  }
}

function node({ cluster }: World, index: number): ClusterServer {
  const found = cluster.nodes[index];
  if (found === undefined) throw new Error(`no node ${index}`);
  return found;
}

/** What is read, or why not. */
function read({ store }: World, key: string): Promise<unknown> {
  return readValues(store, [key]).then(([value]) => value, String);
}

describe('a store in a Redis Cluster', () => {
  it('hears of what anybody writes on any primary', async () => {
    const world = await follow();
    for (const third of [0, 1, 2]) {
      const key = keyAt(third);
      await node(world, third).server.client.set(key, 'by hand');
      await expect.poll(() => world.listener.keys, { interval: 1 }).toContain(key);
      expect(await read(world, key)).toBe('by hand');
    }
    expect(world.listener).toMatchObject({ breaks: [], losses: 1 });
  });

  it('goes on when a replica takes the place of a primary that was killed', async () => {
    const world = await follow();
    const { listener, store } = world;
    const [lost, kept] = [keyAt(0), keyAt(1)];
    await store.revocations.write({ key: lost, value: 'A', expiresAtSeconds: undefined });
    await store.revocations.write({ key: kept, value: 'B', expiresAtSeconds: undefined });
    const killedMs = performance.now();
    await node(world, 0).server.kill9();
    expect(await read(world, lost)).toContain('Redis store');
    expect(await read(world, kept)).toBe('B');
    await expect.poll(() => read(world, lost), { timeout: 30_000, interval: 20 }).toBe('A');
    const readMs = performance.now() - killedMs;
    await expect.poll(() => listener.losses, { timeout: 30_000, interval: 20 }).toBe(2);
    const feedMs = performance.now() - killedMs;
    process.stdout.write(
      `failover: reads again after ${readMs.toFixed(0)} ms, the feed after ${feedMs.toFixed(0)} ms\n`,
    );
    const key = keyAt(0, 'later');
    await node(world, 3).server.client.set(key, '');
    await expect.poll(() => listener.keys).toContain(key);
    await store.revocations.write({ key: keyAt(0, 'ours'), value: '', expiresAtSeconds: undefined });
  });

  it('leaves a primary that gave its place to its replica', async () => {
    const world = await follow();
    const { listener, store } = world;
    const key = keyAt(1);
    await store.revocations.write({ key, value: 'A', expiresAtSeconds: undefined });
    await node(world, 4).server.client.call('CLUSTER', 'FAILOVER');
    await expect.poll(() => listener.losses, { timeout: 30_000, interval: 20 }).toBe(2);
    expect(await read(world, key)).toBe('A');
    const next = keyAt(1, 'later');
    await node(world, 4).server.client.set(next, '');
    await expect.poll(() => listener.keys).toContain(next);
    await store.revocations.write({ key: keyAt(1, 'ours'), value: '', expiresAtSeconds: undefined });
  });

  it('does not believe a primary that stood still while it was replaced', async () => {
    const world = await follow();
    const [key, other] = [keyAt(2), keyAt(0)];
    // It is not asked anything meanwhile, so it knows nothing of what happens.
    const idle = await openRedisForTest(clusterConfig(world.cluster), { storeMs: 3_000 });
    expect(await readValues(idle, [key, other])).toEqual([undefined, undefined]);
    const [{ server: stale }, { server: next }] = [node(world, 2), node(world, 5)];
    stale.freeze();
    onTestFinished(() => stale.thaw());
    expect(await read(world, key)).toContain('Redis store');
    expect(await read(world, other)).toBeUndefined();
    await expect.poll(async () => (await next.client.role())[0], { timeout: 30_000 }).toBe('master');
    await next.client.set(key, 'A');
    await expect.poll(() => read(world, key), { timeout: 30_000 }).toBe('A');
    // What waits for it is answered as if nothing had happened, before it learns that it was replaced.
    const byHand = stale.client.get(key);
    const answers = [readValues(idle, [key]), readValues(idle, [other, key])];
    const write = idle.revocations.write({ key: keyAt(2, 'w'), value: 'A', expiresAtSeconds: undefined }).catch(String);
    await wait(100);
    stale.thaw();
    expect(await byHand).toBeNull();
    expect(await Promise.all(answers)).toEqual([['A'], [undefined, 'A']]);
    expect(await write).toContain('the last write may be lost; write it again');
    await heard(world.listener);
    expect(await read(world, key)).toBe('A');
  });

  it('goes on while a slot moves from one primary to another', async () => {
    const world = await follow();
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

  it('trusts nothing while a primary hands a slot over to one that is not heard yet', async () => {
    const world = await follow();
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
