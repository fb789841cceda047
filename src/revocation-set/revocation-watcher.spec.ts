import { describe, expect, it } from 'vitest';
import { openRedisForTest, redisConfig, redisForTest } from '../../test/support/redis/config.ts';
import type { Instance } from '../../test/support/revocation/instance.ts';
import { keyOf, startInstance } from '../../test/support/revocation/instance.ts';
import { openForTest, runSql, temporaryFile } from '../../test/support/store/sqlite-file.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { EPOCH_PREFIX } from './revocation-store.ts';

const POLL = { timeout: 20_000, interval: 5 };

/** Has a watcher write down what an instance reports. */
function watch({ revocationSet }: Instance) {
  const told: string[] = [];
  const heardAt = new Map<string, number>();
  const stop = revocationSet.addWatcher({
    changed: (keys) => {
      told.push(...keys);
      for (const key of keys) if (!heardAt.has(key)) heardAt.set(key, revocationSet.standings.freshness.heardUpToMs);
    },
    lost: () => told.push('lost'),
  });
  return { told, heardAt, stop };
}

describe('RevocationSet.addWatcher()', () => {
  it('reports an entry of another instance that has no standing here, before the feed counts as heard', async () => {
    const redis = await redisForTest();
    const [here, there] = [
      await startInstance(await openRedisForTest(redisConfig(redis.port))),
      await startInstance(await openRedisForTest(redisConfig(redis.port))),
    ];
    await Promise.all([here.heard(), there.heard()]);
    const { told, heardAt } = watch(here);
    await there.revoke('t-1');
    const acknowledgedMs = performance.now();
    await expect.poll(() => told, POLL).toContain(keyOf('t-1'));
    expect(heardAt.get(keyOf('t-1'))).toBeLessThan(acknowledgedMs);
    expect(here.revocationSet.standings.peek(keyOf('t-1'))).toBeUndefined();
  });

  it('reports what an operator writes or deletes in Redis, and a revocation that is taken back', async () => {
    const redis = await redisForTest();
    const here = await startInstance(await openRedisForTest(redisConfig(redis.port)));
    await here.heard();
    await here.revoke('t-1');
    await here.heard();
    const { told } = watch(here);
    await redis.client.set('sallyport:notbefore:own:sub-1', '1800000000');
    await redis.client.set(keyOf('t-2'), 'by hand');
    await expect.poll(() => new Set(told), POLL).toEqual(new Set(['sallyport:notbefore:own:sub-1', keyOf('t-2')]));
    told.length = 0;
    await redis.client.del(keyOf('t-2'));
    await expect.poll(() => told, POLL).toContain(keyOf('t-2'));
    await here.takeBack('t-1');
    expect(told).toContain(keyOf('t-1'));
  });

  it.each<[string, (redis: Awaited<ReturnType<typeof redisForTest>>) => Promise<unknown>]>([
    ['the set is emptied', ({ client }) => client.flushall()],
    ['its epoch is deleted', ({ client }) => client.del(EPOCH_PREFIX)],
    ['the feed is interrupted', ({ client }) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')],
  ])('reports a loss when %s, and never the key of the epoch', async (_, act) => {
    const redis = await redisForTest();
    const here = await startInstance(await openRedisForTest(redisConfig(redis.port)));
    await here.heard();
    const { told } = watch(here);
    await act(redis);
    await expect.poll(() => told, POLL).toContain('lost');
    expect(told.filter((line) => line.startsWith(EPOCH_PREFIX))).toEqual([]);
  });

  it('reports what another process writes to the file of SQLite', async () => {
    const path = temporaryFile();
    const here = await startInstance(await openForTest(path));
    await here.heard();
    const { told } = watch(here);
    await runSql(path, `INSERT INTO revocation (key) VALUES ('${keyOf('t-1')}')`);
    await expect.poll(() => told, POLL).toEqual([keyOf('t-1')]);
  });

  it('reports a write of its own before the caller learns of it, also in memory, and nothing after the end', async () => {
    const here = await startInstance(openMemoryStore());
    const { told, stop } = watch(here);
    await here.revoke('t-1');
    expect(told).toEqual([keyOf('t-1')]);
    stop();
    await here.revoke('t-2');
    expect(told).toEqual([keyOf('t-1')]);
  });
});
