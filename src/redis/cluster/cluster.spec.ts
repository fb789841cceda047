import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clusterConfig, openRedisForTest } from '../../../test/support/redis/config.ts';
import { followCluster, heard, keyAt, node, read } from '../../../test/support/redis/followed-cluster.ts';
import { readValues } from '../../../test/support/store/revocations.ts';

describe('a store in a Redis Cluster', () => {
  it('reports a change on any primary by any writer', async () => {
    const world = await followCluster();
    for (const third of [0, 1, 2]) {
      const key = keyAt(third);
      await node(world, third).server.client.set(key, 'by hand');
      await expect.poll(() => world.listener.keys, { interval: 1 }).toContain(key);
      expect(await read(world, key)).toBe('by hand');
    }
    expect(world.listener).toMatchObject({ breaks: [], losses: 1 });
  });

  it('reads and follows again once a replica replaces a primary that was killed', async () => {
    const world = await followCluster();
    const { listener, store } = world;
    const [lost, kept] = [keyAt(0), keyAt(1)];
    await store.revocations.write({ key: lost, value: 'A', expiresAtSeconds: undefined });
    await store.revocations.write({ key: kept, value: 'B', expiresAtSeconds: undefined });
    // Replication is asynchronous: a replica that takes over before it has the write would have lost it.
    const replica = node(world, 3).server.client;
    await expect.poll(() => replica.call('READONLY').then(() => replica.get(lost))).not.toBeNull();
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

  it('leaves a primary that handed over to its replica', async () => {
    const world = await followCluster();
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

  it('does not trust a primary that was suspended while it was replaced', async () => {
    const world = await followCluster();
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
});
