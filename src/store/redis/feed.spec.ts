import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { openRedisForTest, redisConfig, redisForTest } from '../../../test/support/redis/config.ts';
import type { RedisServer } from '../../../test/support/redis/server.ts';
import type { TcpProxy } from '../../../test/support/redis/tcp-proxy.ts';
import { startProxy } from '../../../test/support/redis/tcp-proxy.ts';
import { RecordingListener } from '../../../test/support/store/recording-listener.ts';
import { readValues } from '../../../test/support/store/revocations.ts';
import type { Store } from '../store.ts';

const KEY = 'sallyport:revoked:own:token-1';
const EAR = { sent: '__redis__:invalidate' };
const TRACKER = { sent: 'TRACKING' };

/** What the listener was told, in order. */
class Diary extends RecordingListener {
  readonly entries: string[] = [];

  override changed(keys: readonly string[]): void {
    super.changed(keys);
    this.entries.push(...keys);
  }

  override lost(): void {
    super.lost();
    this.entries.push('lost');
  }

  override heardUpTo(monotonicMs: number): void {
    super.heardUpTo(monotonicMs);
    if (this.entries.at(-1) !== 'heard') this.entries.push('heard');
  }

  override brokenOff(cause: Error): void {
    super.brokenOff(cause);
    this.entries.push('broken');
  }
}

interface World {
  readonly redis: RedisServer;
  readonly proxy: TcpProxy;
  readonly store: Store;
  readonly listener: Diary;
}

/** Servers that a test stopped, to go on before they are closed. */
const frozen = new Set<RedisServer>();
afterEach(() => {
  for (const server of frozen) server.thaw();
  frozen.clear();
});

/** A store that reaches its Redis through a proxy, whose feed was heard. */
async function follow(redis?: RedisServer): Promise<World> {
  const server = redis ?? (await redisForTest());
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.close());
  const store = await openRedisForTest(redisConfig(proxy.port), { storeMs: 500 });
  const listener = new Diary();
  store.feed.follow(listener);
  await heard(listener);
  return { redis: server, proxy, store, listener };
}

/** Resolves once all that was acknowledged before now was told. */
async function heard(listener: Diary): Promise<void> {
  const moment = performance.now();
  await expect.poll(() => listener.heardUpToMs, { timeout: 20_000, interval: 10 }).toBeGreaterThanOrEqual(moment);
}

describe('RedisFeed', () => {
  it('reports one possible loss when it starts', async () => {
    const { listener } = await follow();
    await heard(listener);
    expect(listener.entries).toEqual(['lost', 'heard']);
  });

  it('reports writes of every client, and expiries', async () => {
    const { redis, listener } = await follow();
    const keys = [
      'revoked:own:a',
      'revoked-thumbprint:ab',
      'revoked-key:own:k',
      'notbefore:own:s',
      'notbefore-issuer:own',
    ];
    for (const name of keys) {
      const key = `sallyport:${name}`;
      await redis.client.set(key, '1');
      await expect.poll(() => listener.keys, { interval: 1 }).toContain(key);
    }
    await redis.client.set('sallyport:token:a', '');
    await redis.client.del('sallyport:revoked:own:a');
    await expect.poll(() => listener.keys.filter((key) => key === 'sallyport:revoked:own:a')).toHaveLength(2);
    expect(listener.keys).toHaveLength(6);
  });

  it('has reported every write that was acknowledged before the time that it names', async () => {
    const { redis, listener } = await follow();
    for (let round = 0; round < 300; round++) {
      const key = `sallyport:${round % 2 === 0 ? 'revoked' : 'notbefore'}:own:${round}`;
      await redis.client.set(key, '');
      const acknowledgedMs = performance.now();
      await wait(Math.random() * 10);
      if (listener.heardUpToMs > acknowledgedMs) expect(listener.keys).toContain(key);
    }
    await heard(listener);
    expect(listener.keys).toHaveLength(300);
  });

  it('ignores the beats of other instances, and leaves one key of its own, which expires', async () => {
    const redis = await redisForTest();
    const [one, other] = [await follow(redis), await follow(redis)];
    await heard(one.listener);
    await heard(other.listener);
    await expect.poll(async () => (await redis.client.keys('sallyport:tracking-beat:*')).length).toBe(2);
    for (const key of await redis.client.keys('sallyport:tracking-beat:*'))
      expect(await redis.client.pttl(key)).toBeGreaterThan(0);
    expect([...one.listener.keys, ...other.listener.keys]).toEqual([]);
  });

  it('tracks beats under a prefix that few others share', async () => {
    const redis = await redisForTest();
    for (let session = 0; session < 4; session++) await follow(redis);
    const prefixes = /^tracking_total_prefixes:(\d+)/m.exec(await redis.client.info())?.[1];
    // The two of the revocation set, and more than one of beats unless all four drew the same of 64.
    expect(Number(prefixes)).toBeGreaterThan(3);
  });

  it('does not mistake a change of its key for a beat', async () => {
    const { redis, listener } = await follow();
    listener.maxStalenessMs = 60_000;
    await heard(listener);
    const before = listener.heardUpToMs;
    const [key = ''] = await redis.client.keys('sallyport:tracking-beat:*');
    await redis.client.set(key, '');
    await redis.client.del(key);
    await wait(50);
    const passedMs = listener.heardUpToMs - before;
    expect(passedMs === 0 || passedMs > 500).toBe(true);
  });

  it.each([
    ['FLUSHALL', (redis: RedisServer) => redis.client.flushall()],
    ['FLUSHDB', (redis: RedisServer) => redis.client.flushdb()],
  ])('reports a possible loss after %s', async (_name, flush) => {
    const { redis, listener } = await follow();
    await flush(redis);
    await expect.poll(() => listener.losses).toBe(2);
    await heard(listener);
    expect(listener.breaks).toEqual([]);
  });

  it.each<[string, (world: World) => unknown, (world: World) => Promise<RedisServer> | void]>([
    ['the listening connection is killed', ({ redis }) => kill(redis, 'sallyport-feed'), () => undefined],
    ['the tracking connection is killed', ({ redis }) => kill(redis, 'sallyport-feed-tracker'), () => undefined],
    ['the listening connection is cut', ({ proxy }) => proxy.swallow(EAR), ({ proxy }) => proxy.heal()],
    ['the tracking connection is cut', ({ proxy }) => proxy.swallow(TRACKER), ({ proxy }) => proxy.heal()],
    ['all connections are cut', ({ proxy }) => proxy.swallow(), ({ proxy }) => proxy.heal()],
    ['Redis hangs', ({ redis }) => freeze(redis), ({ redis }) => redis.thaw()],
    ['Redis dies and is started again', ({ redis }) => redis.kill9(), ({ redis }) => redisForTest({ after: redis })],
  ])('is silent and reconnects when %s', async (_what, fail, mend) => {
    const world = await follow();
    const { listener } = world;
    await fail(world);
    await expect.poll(() => listener.breaks.length, { timeout: 20_000 }).toBeGreaterThan(0);
    const { client } = (await mend(world)) ?? world.redis;
    await heard(listener);
    // Nothing was heard between the break and the word that something may have been missed.
    expect(listener.entries.join(' ')).toMatch(/^lost heard( broken)+ lost heard( broken+ lost heard)*$/);
    await client.set(KEY, '');
    await expect.poll(() => listener.keys).toContain(KEY);
  });

  it('is never fresher than its last beat when all reports are late', async () => {
    const { redis, proxy, listener } = await follow();
    listener.maxStalenessMs = 10_000;
    proxy.delay(1_000, EAR);
    await wait(500);
    for (let round = 0; round < 5; round++) {
      const key = `sallyport:revoked:own:${round}`;
      await redis.client.set(key, '');
      const acknowledgedMs = performance.now();
      await expect.poll(() => listener.heardUpToMs, { timeout: 20_000, interval: 5 }).toBeGreaterThan(acknowledgedMs);
      expect(performance.now() - acknowledgedMs).toBeGreaterThan(950);
      expect(listener.keys).toContain(key);
    }
    expect(listener.breaks).toEqual([]);
  });

  it('reconnects repeatedly while it is too late to be useful', async () => {
    const { proxy, listener } = await follow();
    proxy.delay(2_000, EAR);
    await expect.poll(() => listener.breaks.length, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(listener.breaks[0]?.message).toContain('does not report in time what was written there');
    proxy.delay(0);
    await heard(listener);
  });

  it('fails on a replica, as reads do', async () => {
    const [{ redis, store, listener }, other] = [await follow(), await redisForTest()];
    await redis.client.replicaof('127.0.0.1', other.port);
    await expect.poll(() => listener.breaks.at(-1)?.message, { timeout: 20_000 }).toContain('is a replica');
    await expect.poll(() => readValues(store, [KEY]).catch(String)).toContain('is a replica');
    const { heardUpToMs } = listener;
    await wait(1_000);
    expect(listener.heardUpToMs).toBe(heardUpToMs);
    await redis.client.replicaof('NO', 'ONE');
    await heard(listener);
    await expect.poll(() => readValues(store, [KEY]).catch(String), { timeout: 20_000 }).toEqual([undefined]);
  });

  it('names the missing permission, and the store works without it', async () => {
    const redis = await redisForTest();
    await redis.client.call('ACL', 'SETUSER', 'default', '-client', '+client|setname', '+client|id');
    const store = await openRedisForTest(redisConfig(redis.port));
    const listener = new Diary();
    store.feed.follow(listener);
    await expect
      .poll(() => listener.breaks.at(-1)?.message)
      .toContain('grant the user +subscribe +client|id +client|tracking &__redis__:invalidate');
    expect(listener.heardUpToMs).toBe(Number.NEGATIVE_INFINITY);
    expect(await readValues(store, [KEY])).toEqual([undefined]);
  });

  it('reports nothing once the store is closed, and leaves no connection', async () => {
    const { redis, store, listener } = await follow();
    await store.close();
    const told = [...listener.entries];
    await redis.client.set(KEY, '');
    await wait(300);
    expect(listener.entries).toEqual(told);
    await expect.poll(async () => String(await redis.client.client('LIST'))).not.toContain('name=sallyport');
  });
});

function freeze(redis: RedisServer): void {
  frozen.add(redis);
  redis.freeze();
}

/** Ends the connections of that name, as `CLIENT KILL` does. */
async function kill({ client }: RedisServer, name: string): Promise<void> {
  const list = String(await client.client('LIST'));
  const lines = list.split('\n').filter((line) => line.includes(` name=${name} `));
  expect(lines).toHaveLength(1);
  for (const line of lines) await client.call('CLIENT', 'KILL', 'ID', /^id=(\d+)/.exec(line)?.[1] ?? '');
}
