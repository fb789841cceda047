import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certify, hasOpenssl } from '../../../test/support/certificates.ts';
import {
  documentedUsers,
  openRedisForTest,
  redisConfig,
  redisForTest,
  replicaForTest,
  secretOf,
} from '../../../test/support/redis/config.ts';
import { startProxy } from '../../../test/support/redis/tcp-proxy.ts';
import { RecordingListener } from '../../../test/support/store/recording-listener.ts';
import { account as makeAccount } from '../../../test/support/store/records.ts';
import { readValues } from '../../../test/support/store/revocations.ts';
import type { RedisStoreConfig } from '../../config/config.ts';
import { StoreError } from '../../core/ports.ts';
import { ENTRY_GRACE_SECONDS } from '../../revocation-set/entry.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import { openRedisStore } from './store.ts';

const KEY = 'sallyport:revoked:own:token-1';
const PASSWORD = 'correct-horse-battery';
const QUICK = { storeMs: 500, openMs: 700 };

describe('Redis store', () => {
  it('accepts revocation entries of any writer and type', async () => {
    const { port, client } = await redisForTest();
    const store = await openRedisForTest(redisConfig(port));
    await client.set(KEY, '');
    await client.sadd('sallyport:revoked:own:token-2', 'by mistake');
    const keys = [KEY, 'sallyport:revoked:own:token-2', 'sallyport:revoked:own:token-3'];
    expect(await readValues(store, keys)).toEqual(['', '', undefined]);
  });

  it('stores an entry as a string that expires one day after its expiry, rounded up to seconds, or never', async () => {
    const { port, client } = await redisForTest();
    const store = await openRedisForTest(redisConfig(port));
    const end = Math.floor(Date.now() / 1000) + 1_000;
    await store.revocations.write({ key: KEY, value: '{"at":1}', expiresAtSeconds: end + 0.25 });
    expect(await client.get(KEY)).toBe('{"at":1}');
    expect(Math.round((Date.now() + (await client.pttl(KEY))) / 1000)).toBe(end + 1 + ENTRY_GRACE_SECONDS);
    await store.revocations.write({ key: KEY, value: '{"at":1}', expiresAtSeconds: undefined });
    expect(await client.ttl(KEY)).toBe(-1);
  });

  it('shares data with a second store at once, in both directions', async () => {
    const { port } = await redisForTest();
    const [one, other] = [await openRedisForTest(redisConfig(port)), await openRedisForTest(redisConfig(port))];
    await one.revocations.write({ key: KEY, value: 'A', expiresAtSeconds: undefined });
    expect(await readValues(other, [KEY])).toEqual(['A']);
    const account = makeAccount('a', 'ada');
    expect(await other.accounts.add(account)).toEqual({ outcome: 'added' });
    expect(await one.accounts.add({ ...account, id: 'b' })).toEqual({ outcome: 'taken', field: 'name' });
    expect(await one.accounts.find('ADA')).toEqual(account);
  });

  it('keeps the data of a token for 30 days after its expiry', async () => {
    const { port, client } = await redisForTest();
    const store = await openRedisForTest(redisConfig(port));
    const now = Date.now() / 1000;
    const account = { id: 'ada', name: 'ada', passwordHash: '', scopes: [], disabled: false, createdAtSeconds: 1 };
    await store.accounts.add({ ...account, version: 0 });
    const token = { accountId: 'ada', use: 'access', scopes: [], createdAtSeconds: now } as const;
    await store.tokens.add({ ...token, id: 'long', expiresAtSeconds: now + 86_400 }, 0);
    await store.tokens.add({ ...token, id: 'short', expiresAtSeconds: now - 5 }, 0);
    expect(await client.ttl('sallyport:token:long')).toBeGreaterThan(31 * 86_400 - 60);
    expect(await client.ttl('sallyport:token:short')).toBeLessThanOrEqual(30 * 86_400 + 1);
    expect(await client.zrange('sallyport:{tokens-of:ada}:by-creation', '0', '-1')).toEqual(['long', 'short']);
    for (const index of ['by-creation', 'by-end']) {
      const left = await client.ttl(`sallyport:{tokens-of:ada}:${index}`);
      expect(left).toBeGreaterThanOrEqual(await client.ttl('sallyport:token:long'));
      expect(left).toBeLessThan(31 * 86_400 + 60);
    }
  });

  it('forgets the ids of tokens whose records have expired', async () => {
    const { port, client } = await redisForTest();
    const store = await openRedisForTest(redisConfig(port));
    const indexes = ['sallyport:{tokens-of:ada}:by-creation', 'sallyport:{tokens-of:ada}:by-end'];
    for (const index of indexes) await client.zadd(index, 1_000, 'gone');
    const token = { accountId: 'ada', use: 'access', scopes: [], createdAtSeconds: 1, expiresAtSeconds: 2 } as const;
    const account = { id: 'ada', name: 'ada', passwordHash: '', scopes: [], disabled: false, createdAtSeconds: 1 };
    await store.accounts.add({ ...account, version: 0 });
    await store.tokens.add({ ...token, id: 'new' }, 0);
    for (const index of indexes) expect(await client.zrange(index, '0', '-1')).toEqual(['new']);
  });

  it.each(['null', '[]', '{', '{"id":1}', '{"id":"a","name":"ada","passwordHash":"h","scopes":[1]}'])(
    'rejects with StoreError, without quoting it, for an account record %s',
    async (record) => {
      const { port, client } = await redisForTest();
      const store = await openRedisForTest(redisConfig(port));
      await client.hset('sallyport:{accounts}:records', 'a', record);
      await expect(store.accounts.findById('a')).rejects.toThrow(/^Redis store "redis:.*": .*record/);
      await expect(store.accounts.findById('a')).rejects.toThrow(StoreError);
    },
  );
});

describe('openRedisStore()', () => {
  it('logs in as an ACL user with the permissions that docs/redis.md lists', async () => {
    const { redis: user } = await documentedUsers(PASSWORD);
    const primary = await redisForTest({ settings: { user } });
    await replicaForTest(primary);
    const config = redisConfig(primary.port, { username: 'sallyport', password: secretOf(PASSWORD), minReplicas: 1 });
    const store = await openRedisForTest(config);
    const listener = new RecordingListener();
    store.feed.follow(listener);
    await expect.poll(() => listener.heardUpToMs).toBeGreaterThan(0);
    const mark = { key: 'sallyport:notbefore:own:a', value: '5', expiresAtSeconds: 4_000_000_000 };
    await store.revocations.write(mark);
    const account = makeAccount('a', 'ada');
    expect(await store.accounts.add(account)).toEqual({ outcome: 'added' });
    expect([await store.accounts.find('ada'), ...(await store.accounts.list())]).toEqual([account, account]);
    expect(await store.epochs.swap(EPOCH_PREFIX, undefined, 'E')).toBe(true);
    expect(await store.epochs.read()).toEqual(new Map([[EPOCH_PREFIX, 'E']]));
    const token = { accountId: 'a', use: 'access', scopes: [], createdAtSeconds: 1, expiresAtSeconds: 2 } as const;
    expect(await store.tokens.add({ ...token, id: 't' }, 0)).toBe(true);
    expect(await store.tokens.find('t')).toMatchObject({ id: 't' });
    expect(await store.accounts.update('a', {}, { mark: mark.key })).toMatchObject({ outcome: 'updated' });
    const last = { ...mark, value: '999999999999999', expiresAtSeconds: undefined };
    expect(await store.accounts.remove('a', last)).toMatchObject({ outcome: 'removed' });
    expect(await readValues(store, [mark.key])).toEqual([last.value]);
    expect(await store.revocations.readEntries([mark.key])).toMatchObject([last]);
    expect(await store.signingKeys.replace('own', 0, [])).toBe(true);
    expect(await store.signingKeys.read('own')).toEqual({ revision: 1, keys: [] });
    expect(listener).toMatchObject({ breaks: [], losses: 1 });
  });

  it.skipIf(!hasOpenssl)('connects with TLS, and with a client certificate if there is one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const ca = certify(folder, 'ca');
    const [server, client] = [certify(folder, 'server', 'ca'), certify(folder, 'client', 'ca')];
    const { port } = await redisForTest();
    const proxy = await startProxy(port, { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true });
    onTestFinished(() => proxy.close());
    const open = (tls: RedisStoreConfig['tls']) => openRedisStore(redisConfig(proxy.port, { tls }), QUICK);
    const store = await open({ ca: ca.cert, cert: client.cert, key: secretOf(client.key) });
    await store.revocations.write({ key: KEY, value: 'A', expiresAtSeconds: undefined });
    expect(await readValues(store, [KEY])).toEqual(['A']);
    await store.close();
    await expect(open({ ca: undefined, cert: undefined, key: undefined })).rejects.toThrow('name its CA in tls.ca');
    await expect(open({ ca: ca.cert, cert: undefined, key: undefined })).rejects.toThrow('set tls.cert and tls.key');
    await expect(openRedisStore(redisConfig(proxy.port), QUICK)).rejects.toThrow('write rediss://');
    await expect(openRedisStore(redisConfig(port, { tls: emptyTls() }), QUICK)).rejects.toThrow('(rediss:// is TLS)');
  });

  it.each([
    ['the wrong one', secretOf('hunter2-hunter2')],
    ['none', undefined],
  ])('rejects at once if the password is %s, without printing it', async (_what, password) => {
    const { port } = await redisForTest({ settings: { requirepass: PASSWORD } });
    const error = await failureOf(openRedisStore(redisConfig(port, { password }), { storeMs: 500 }));
    expect(error.message).toBe(
      `Redis store "redis://127.0.0.1:${port}/0": refuses the user name or the password; ` +
        'correct username and password of the store',
    );
    expect(inspectDeeply(error)).not.toMatch(/hunter2|correct-horse/);
  });

  it('rejects a user without the necessary permissions', async () => {
    const { port } = await redisForTest({ settings: { user: `sallyport on >${PASSWORD} ~* +get` } });
    const config = redisConfig(port, { username: 'sallyport', password: secretOf(PASSWORD) });
    await expect(openRedisStore(config, QUICK)).rejects.toThrow('lacks a permission; docs/redis.md');
  });

  it('warns of fewer replicas than minReplicas', async () => {
    const primary = await redisForTest();
    expect(await openRedisForTest(redisConfig(primary.port))).not.toHaveProperty('warning');
    const config = redisConfig(primary.port, { minReplicas: 1 });
    expect((await openRedisForTest(config)).warning).toBe(
      `Redis store "redis://127.0.0.1:${primary.port}/0": has 0 replicas and minReplicas is 1: ` +
        'every write will fail; start more replicas, or lower minReplicas',
    );
    await replicaForTest(primary);
    expect(await openRedisForTest(config)).not.toHaveProperty('warning');
  });

  it.each(['allkeys-lru', 'volatile-ttl'])('refuses the eviction policy %s unless it is allowed', async (policy) => {
    const { port } = await redisForTest({ settings: { 'maxmemory-policy': policy } });
    await expect(openRedisStore(redisConfig(port), QUICK)).rejects.toThrow(
      `(maxmemory-policy is ${policy}); set maxmemory-policy noeviction there, or accept it with allowEviction: true`,
    );
    const store = await openRedisForTest(redisConfig(port, { allowEviction: true }));
    expect(await store.accounts.list()).toEqual([]);
  });

  it('refuses a replica', async () => {
    const primary = await redisForTest();
    const { port } = await redisForTest({ settings: { replicaof: `127.0.0.1 ${primary.port}` } });
    await expect(openRedisStore(redisConfig(port), QUICK)).rejects.toThrow('is a replica');
  });

  it('refuses a database that the server does not have', async () => {
    const { port } = await redisForTest();
    await expect(openRedisStore(redisConfig(port, { database: 1_000 }), QUICK)).rejects.toThrow('DB index');
  });

  it('rejects for an unreachable server, and says what to do', async () => {
    const server = await redisForTest();
    await server.kill9();
    await expect(openRedisStore(redisConfig(server.port), QUICK)).rejects.toThrow('nothing listens there; start Redis');
    const nowhere = redisConfig(6379, { host: 'redis.invalid' });
    await expect(openRedisStore(nowhere, QUICK)).rejects.toThrow(/"redis:\/\/redis.invalid:6379\/0": .*host name/);
  });

  it('rejects for a server that accepts the connection but never answers', async () => {
    const { port } = await redisForTest();
    const proxy = await startProxy(port);
    onTestFinished(() => proxy.close());
    proxy.swallow();
    await expect(openRedisStore(redisConfig(proxy.port), { storeMs: 100, openMs: 2_000 })).rejects.toThrow(
      'accepted the connection but does not answer',
    );
  });

  it('waits for a server that is starting', async () => {
    const first = await redisForTest();
    await first.kill9();
    const opening = openRedisForTest(redisConfig(first.port));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await redisForTest({ after: first });
    expect(await (await opening).accounts.list()).toEqual([]);
  });
});

function emptyTls(): RedisStoreConfig['tls'] {
  return { ca: undefined, cert: undefined, key: undefined };
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof StoreError) return error;
  throw new Error('it did not reject with StoreError', { cause: error });
}

/** All that a logger could find on an error: its own members and its causes'. */
function inspectDeeply(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  const members = Object.getOwnPropertyNames(error).filter((name) => name !== 'cause');
  const own = members.map((name) => JSON.stringify(Reflect.get(error, name)));
  return [...own, error.cause === undefined ? '' : inspectDeeply(error.cause)].join('\n');
}
