import { describe, expect, it, onTestFinished } from 'vitest';
import { openRedisForTest, redisConfig, redisForTest } from '../../test/support/redis/config.ts';
import type { RedisServer, RedisServerOptions } from '../../test/support/redis/server.ts';
import { startProxy } from '../../test/support/redis/tcp-proxy.ts';
import type { Instance } from '../../test/support/revocation/instance.ts';
import { acceptAll, keyOf, startInstance } from '../../test/support/revocation/instance.ts';
import { openForTest, runSql, temporaryFile } from '../../test/support/store/sqlite-file.ts';
import { ENTRY_GRACE_SECONDS } from './entry.ts';
import { EPOCH_PREFIX } from './revocation-store.ts';

const MARK = 'sallyport:notbefore:own:sub-1';
const POLL = { timeout: 20_000, interval: 20 };

async function startOn(port: number, database = 0): Promise<Instance> {
  return startInstance(await openRedisForTest(redisConfig(port, { database })));
}

/** Loses everything that is not saved. */
const FORGETFUL = { appendonly: 'no' };

/** Starts two instances on one Redis. Both know one revoked token and one valid token. */
async function startTwo(database = 0, settings: RedisServerOptions['settings'] = {}) {
  const redis = await redisForTest({ settings });
  await redis.client.select(database);
  const [a, b] = [await startOn(redis.port, database), await startOn(redis.port, database)];
  await a.heard();
  await b.heard();
  await a.revoke('ended');
  for (const { decide } of [a, b]) {
    await expect.poll(() => decide('ended'), POLL).toBe('revoked');
    expect(await decide('good')).toBe('clear');
  }
  return { redis, a, b };
}

/** Expects every instance to report the loss once and, after the acceptance, to decide as before. */
async function expectLossAndAcceptance(redis: RedisServer, first: Instance, ...others: Instance[]): Promise<void> {
  const instances = [first, ...others];
  for (const { told, decide, revocationSet } of instances) {
    await expect.poll(() => told, POLL).toContain('set lost');
    expect(await decide('good')).toBe('unknown');
    expect(await decide('never seen')).toBe('unknown');
    expect(await decide('ended')).toBe('revoked');
    expect(revocationSet.status.lostSinceSeconds).toBeGreaterThan(Date.now() / 1000 - 60);
  }
  await expect.poll(() => redis.client.get(keyOf('ended')), POLL).toBe('{}');
  await acceptAll(first.store);
  for (const { told, decide, revocationSet } of instances) {
    await expect.poll(() => decide('good'), POLL).toBe('clear');
    expect(await decide('ended')).toBe('revoked');
    expect(told.filter((line) => line === 'set lost')).toHaveLength(1);
    expect(told).toContain('accepted');
    expect(revocationSet.status.lostSinceSeconds).toBeUndefined();
  }
}

describe('a revocation set in Redis', () => {
  it('that is intact causes no report, and has one epoch', async () => {
    const { redis, a, b } = await startTwo();
    const record = await redis.client.get(EPOCH_PREFIX);
    const c = await startOn(redis.port);
    await c.heard();
    expect(await redis.client.get(EPOCH_PREFIX)).toBe(record);
    expect(await redis.client.ttl(EPOCH_PREFIX)).toBe(-1);
    expect(Object.keys(JSON.parse(record ?? ''))).toEqual(['epoch', 'follows']);
    expect([...a.told, ...b.told, ...c.told]).toEqual([]);
    expect(await c.decide(EPOCH_PREFIX.slice('sallyport:revoked'.length))).toBe('clear');
  });

  it.each<[string, number, (redis: RedisServer) => Promise<unknown>]>([
    ['FLUSHALL', 0, ({ client }) => client.flushall()],
    ['FLUSHDB of its database', 7, ({ client }) => client.flushdb()],
    ['DEL of the epoch', 0, ({ client }) => client.del(EPOCH_PREFIX)],
    ['SET of the epoch to an unreadable value', 0, ({ client }) => client.set(EPOCH_PREFIX, '{')],
    [
      'a SADD in place of the epoch',
      0,
      ({ client }) => client.multi().del(EPOCH_PREFIX).sadd(EPOCH_PREFIX, 'x').exec(),
    ],
    [
      'a SET of the epoch to an unknown one',
      0,
      ({ client }) => client.set(EPOCH_PREFIX, JSON.stringify({ epoch: 'x', follows: [] })),
    ],
  ])('is lost by %s until the loss is accepted; seen entries are rewritten', async (_what, database, lose) => {
    const { redis, a, b } = await startTwo(database);
    await lose(redis);
    await expectLossAndAcceptance(redis, a, b);
  });

  it('never yields "not revoked" after FLUSHALL, even before the feed reports it', async () => {
    const redis = await redisForTest();
    const proxy = await startProxy(redis.port);
    onTestFinished(() => proxy.close());
    const [a, b] = [await startOn(redis.port), await startOn(proxy.port)];
    await b.heard();
    proxy.swallow({ sent: '__redis__:invalidate' });
    await expect.poll(() => b.told, POLL).toContain('feed lost');
    await a.revoke('ended');
    await redis.client.flushall();
    for (let round = 0; round < 50; round++) expect(await b.decide('ended')).not.toBe('clear');
    await expect.poll(() => b.told, POLL).toContain('set lost');
    await acceptAll(a.store);
    await expect.poll(() => b.decide('good'), POLL).toBe('clear');
    await expect.poll(() => b.decide('ended'), POLL).toBe('revoked');
  });

  it('is lost by FLUSHALL even if a new instance begins another set before anyone notices', async () => {
    const redis = await redisForTest();
    const proxies = await Promise.all([startProxy(redis.port), startProxy(redis.port)]);
    onTestFinished(() => Promise.all(proxies.map((proxy) => proxy.close())).then(() => undefined));
    const [a, b] = await Promise.all(proxies.map(({ port }) => startOn(port)));
    if (a === undefined || b === undefined) throw new Error('not started');
    await a.heard();
    await a.revoke('ended');
    expect(await b.decide('ended')).toBe('revoked');
    for (const proxy of proxies) proxy.swallow();
    await redis.client.flushall();
    const c = await startOn(redis.port);
    expect(await c.decide('ended')).toBe('clear');
    for (const proxy of proxies) proxy.heal();
    await expect.poll(() => c.told, POLL).toContain('set lost');
    await expect.poll(() => c.decide('ended'), POLL).toBe('revoked');
    await expectLossAndAcceptance(redis, a, b, c);
  });

  it('is lost when Redis restarts empty, also for an instance that starts afterwards', async () => {
    const { redis, a, b } = await startTwo(0, FORGETFUL);
    await redis.kill9();
    const again = await redisForTest({ after: redis, settings: FORGETFUL });
    await expect.poll(() => a.told, POLL).toContain('set lost');
    const c = await startOn(again.port);
    expect(c.told).toEqual(['set lost']);
    await expect.poll(() => again.client.exists(keyOf('ended')), POLL).toBe(1);
    expect([await c.decide('ended'), await c.decide('good')]).toEqual(['unknown', 'unknown']);
    await expectLossAndAcceptance(again, a, b);
    await expect.poll(() => c.decide('good'), POLL).toBe('clear');
    expect(await c.decide('ended')).toBe('revoked');
  });

  it('that was lost and accepted gets the entries of an instance that was cut off meanwhile', async () => {
    const redis = await redisForTest();
    const proxy = await startProxy(redis.port);
    onTestFinished(() => proxy.close());
    const [a, b] = [await startOn(redis.port), await startOn(proxy.port)];
    await b.heard();
    await b.revoke('known to b');
    await redis.client.del(keyOf('known to b'));
    proxy.swallow();
    await redis.client.flushall();
    await expect.poll(() => a.told, POLL).toContain('set lost');
    await acceptAll(a.store);
    await expect.poll(() => a.decide('good'), POLL).toBe('clear');
    proxy.heal();
    await expect.poll(() => b.decide('good'), POLL).toBe('clear');
    expect(b.told).not.toContain('set lost');
    await expect.poll(() => redis.client.exists(keyOf('known to b')), POLL).toBe(1);
    await expect.poll(() => a.decide('known to b'), POLL).toBe('revoked');
  });

  it('that is lost twice needs one acceptance', async () => {
    const { redis, a, b } = await startTwo();
    await redis.client.flushall();
    await expect.poll(() => b.told, POLL).toContain('set lost');
    await redis.client.flushall();
    const named = async (): Promise<number> => JSON.parse((await redis.client.get(EPOCH_PREFIX)) ?? '{}').lost?.length;
    await expect.poll(named, POLL).toBeGreaterThan(1);
    await expectLossAndAcceptance(redis, a, b);
  });

  it('that is restored from an older copy with the same epoch gets its seen entries again, with their expiry', async () => {
    const { redis, a, b } = await startTwo(0, FORGETFUL);
    await redis.client.save();
    const end = Math.ceil(Date.now() / 1000) + 777;
    await a.revoke('later', end);
    await a.store.revocations.write({ key: MARK, value: '200', expiresAtSeconds: undefined });
    await b.heard();
    await redis.kill9();
    const { client } = await redisForTest({ after: redis, settings: FORGETFUL });
    await expect.poll(() => client.exists(keyOf('later'), MARK), POLL).toBe(2);
    expect((await client.ttl(keyOf('later'))) + Date.now() / 1000).toBeCloseTo(end + ENTRY_GRACE_SECONDS, -1);
    expect([await client.get(MARK), await client.ttl(MARK)]).toEqual(['200', -1]);
    // One of them is first.
    await expect.poll(() => [...a.told, ...b.told], POLL).toContainEqual(expect.stringMatching(/^rewritten /));
    for (const { told, decide } of [a, b]) {
      await expect.poll(() => decide('later'), POLL).toBe('revoked');
      await expect.poll(() => decide('good'), POLL).toBe('clear');
      expect(told.join()).not.toMatch(/set lost|vanished/);
    }
  });

  it('gets an entry again that vanishes early, and reports that, but not an entry that expires', async () => {
    const { redis, a, b } = await startTwo();
    await redis.client.set(keyOf('short'), '', 'EX', 1);
    await redis.client.set(keyOf('by hand'), '', 'EX', 5_000);
    for (const { decide } of [a, b]) {
      for (const id of ['by hand', 'short']) await expect.poll(() => decide(id), POLL).toBe('revoked');
    }
    await expect.poll(() => redis.client.exists(keyOf('short')), POLL).toBe(0);
    await redis.client.del(keyOf('by hand'), keyOf('ended'));
    await expect.poll(() => redis.client.exists(keyOf('by hand'), keyOf('ended')), POLL).toBe(2);
    const left = await redis.client.ttl(keyOf('by hand'));
    expect(left).toBeGreaterThan(4_900);
    expect(left).toBeLessThanOrEqual(5_010);
    // One of them is first; the other may find the entry rewritten.
    await expect.poll(() => [...a.told, ...b.told], POLL).toContain('vanished 2');
    for (const { decide } of [a, b]) expect(await decide('by hand')).toBe('revoked');
    const late = await startOn(redis.port);
    expect([await late.decide('by hand'), await late.decide('ended')]).toEqual(['revoked', 'revoked']);
    expect(await redis.client.exists(keyOf('short'))).toBe(0);
  });

  it('gets an entry again that a clock which is ahead has expired', async () => {
    const { redis, a, b } = await startTwo();
    // Like a Redis whose clock is two days ahead for a moment.
    await redis.client.pexpire(keyOf('ended'), 1);
    await expect.poll(() => [...a.told, ...b.told], POLL).toContain('vanished 1');
    await expect.poll(() => redis.client.ttl(keyOf('ended')), POLL).toBeGreaterThan(86_400);
    expect(await (await startOn(redis.port)).decide('ended')).toBe('revoked');
  });

  it('undoes an entry at every instance, even if its feed was interrupted, and revokes it again', async () => {
    const redis = await redisForTest();
    const proxy = await startProxy(redis.port);
    onTestFinished(() => proxy.close());
    const [a, b] = [await startOn(redis.port), await startOn(proxy.port)];
    for (const { heard } of [a, b]) await heard();
    await a.revoke('mistake');
    for (const { decide } of [a, b]) await expect.poll(() => decide('mistake'), POLL).toBe('revoked');
    proxy.swallow();
    await a.takeBack('mistake');
    await expect.poll(() => a.decide('mistake'), POLL).toBe('clear');
    proxy.heal();
    await expect.poll(() => b.decide('mistake'), POLL).toBe('clear');
    await a.revoke('mistake', undefined, '{"at":2}');
    for (const { decide } of [a, b]) await expect.poll(() => decide('mistake'), POLL).toBe('revoked');
    expect(await redis.client.get(keyOf('mistake'))).toBe('{"at":2}');
  });

  it('undoes an entry also at an instance that revoked it without knowing the first revocation', async () => {
    const redis = await redisForTest();
    const a = await startOn(redis.port);
    await a.revoke('twice', undefined, '{"at":1}');
    const b = await startOn(redis.port);
    await b.heard();
    await b.revoke('twice', undefined, '{"at":2}');
    expect(await b.decide('twice')).toBe('revoked');
    await b.heard();
    await a.takeBack('twice');
    for (const { decide } of [a, b]) await expect.poll(() => decide('twice'), POLL).toBe('clear');
  });
});

describe('a revocation set in SQLite', () => {
  it('is lost by DELETE FROM revocation in another process until the loss is accepted', async () => {
    const path = temporaryFile();
    const [a, b] = [await startInstance(await openForTest(path)), await startInstance(await openForTest(path))];
    await a.revoke('ended');
    await expect.poll(() => b.decide('ended'), POLL).toBe('revoked');
    expect(await b.decide('good')).toBe('clear');
    await runSql(path, 'DELETE FROM revocation');
    for (const { told, decide } of [a, b]) {
      await expect.poll(() => told, POLL).toContain('set lost');
      expect([await decide('good'), await decide('ended')]).toEqual(['unknown', 'revoked']);
    }
    await expect.poll(() => a.store.revocations.readEntries([keyOf('ended')]), POLL).toMatchObject([{ value: '{}' }]);
    await acceptAll(b.store);
    for (const { decide } of [a, b]) await expect.poll(() => decide('good'), POLL).toBe('clear');
  });

  it('gets an entry again that another process deleted, and undoes one everywhere', async () => {
    const path = temporaryFile();
    const [a, b] = [await startInstance(await openForTest(path)), await startInstance(await openForTest(path))];
    await a.revoke('ended');
    for (const { decide } of [a, b]) await expect.poll(() => decide('ended'), POLL).toBe('revoked');
    await runSql(path, `DELETE FROM revocation WHERE key = '${keyOf('ended')}'`);
    const found = () => a.store.revocations.readEntries([keyOf('ended')]);
    await expect.poll(() => [...a.told, ...b.told], POLL).toContain('vanished 1');
    await expect.poll(found, POLL).toMatchObject([{ value: '{}' }]);
    await a.takeBack('ended');
    for (const { decide } of [a, b]) await expect.poll(() => decide('ended'), POLL).toBe('clear');
    await b.revoke('ended', undefined, '{"at":2}');
    for (const { decide } of [a, b]) await expect.poll(() => decide('ended'), POLL).toBe('revoked');
  });
});
