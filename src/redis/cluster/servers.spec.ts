import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisCluster } from '../../../test/support/redis/cluster.ts';
import { startRedisCluster } from '../../../test/support/redis/cluster.ts';
import {
  clusterConfig,
  openRedisForTest,
  redisConfig,
  redisForTest,
  secretOf,
} from '../../../test/support/redis/config.ts';
import { RecordingListener } from '../../../test/support/store/recording-listener.ts';
import { account as makeAccount } from '../../../test/support/store/records.ts';
import { readValues } from '../../../test/support/store/revocations.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import { openRedisStore } from '../../store/redis/store.ts';
import type { Store } from '../../store/store.ts';
import { PartKeys } from './part-keys.ts';
import { slotOf } from './slot.ts';

const PASSWORD = 'correct-horse-battery';
const QUICK = { storeMs: 500, openMs: 1_500 };
const KEY = 'sallyport:revoked:own:token-1';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster();
}, 60_000);

afterAll(async () => {
  await cluster.close();
});

function portOf(index: number): number {
  return cluster.nodes[index]?.server.port ?? 0;
}

describe('openRedisStore() with cluster', () => {
  it.each([0, 4])('finds the cluster through any one node', async (index) => {
    const store = await openRedisForTest(redisConfig(portOf(index), { cluster: { addresses: [] } }));
    expect(await readValues(store, [KEY, 'sallyport:revoked:own:token-2'])).toEqual([undefined, undefined]);
  });

  it('uses another node if the first one is down', async () => {
    const gone = await redisForTest();
    await gone.kill9();
    const addresses = [{ host: '127.0.0.1', port: portOf(5) }];
    const store = await openRedisForTest(redisConfig(gone.port, { cluster: { addresses } }));
    expect(await store.accounts.list()).toEqual([]);
    const nobody = redisConfig(gone.port, { cluster: { addresses: [] } });
    await expect(openRedisStore(nobody, QUICK)).rejects.toThrow('nothing listens there; start Redis');
  });

  it('logs in as an ACL user with the permissions that docs/redis.md lists', async () => {
    const rules = await rulesOfTheManual();
    for (const { server } of cluster.nodes) await server.client.call('ACL', 'SETUSER', 'sallyport', 'reset', ...rules);
    const access = { username: 'sallyport', password: secretOf(PASSWORD) };
    const store = await openRedisForTest(clusterConfig(cluster, access));
    const listener = new RecordingListener();
    store.feed.follow(listener);
    await expect.poll(() => listener.heardUpToMs, { timeout: 20_000 }).toBeGreaterThan(0);
    await use(store);
    expect(listener).toMatchObject({ breaks: [], losses: 1 });
    const wrong = clusterConfig(cluster, { ...access, password: secretOf('hunter2-hunter2') });
    await expect(openRedisStore(wrong, { storeMs: 500 })).rejects.toThrow('refuses the user name or the password');
  });

  it('refuses a node that may evict keys, unless the configuration allows it', async () => {
    const { client } = cluster.nodes[1]?.server ?? {};
    await client?.config('SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      await expect(openRedisStore(clusterConfig(cluster), QUICK)).rejects.toThrow('(maxmemory-policy is allkeys-lru)');
      await openRedisForTest(clusterConfig(cluster, { allowEviction: true }));
    } finally {
      await client?.config('SET', 'maxmemory-policy', 'noeviction');
    }
  });

  it('has an epoch record on each primary, and returns with each read those of the queried primaries', async () => {
    const store = await openRedisForTest(clusterConfig(cluster));
    const keys = [...(await store.epochs.read()).keys()];
    expect(keys).toHaveLength(64);
    for (const key of keys) expect(await store.epochs.swap(key, undefined, 'E')).toBe(true);
    expect([...(await store.epochs.read()).values()]).toEqual(keys.map(() => 'E'));
    const entries = Array.from({ length: 50 }, (_, number) => `${KEY}:${number}`);
    const epochs = async () => new Set((await store.revocations.read(entries)).epochs.map(([, value]) => value));
    expect(await epochs()).toEqual(new Set(['E']));
    await cluster.nodes[1]?.server.client.flushall();
    expect(await epochs()).toEqual(new Set(['E', undefined]));
  });

  it('returns with each read the epoch record of the part of the key, even after slots moved', async () => {
    const store = await openRedisForTest(clusterConfig(cluster));
    const partKeys = new PartKeys(EPOCH_PREFIX);
    const lost = partKeys.all[7] ?? '';
    for (const [key, found] of await store.epochs.read()) await store.epochs.swap(key, found, 'E');
    for (const { server } of cluster.nodes.slice(0, 3)) await server.client.del(lost).catch(() => undefined);
    const keys = Array.from({ length: 1_000 }, (_, number) => `${KEY}:${number}`);
    const inPart = keys.filter((key) => partKeys.of(slotOf(key)) === lost);
    expect(inPart.length).toBeGreaterThan(0);
    for (const key of inPart) {
      const { epochs } = await store.revocations.read([key]);
      expect(epochs.map(([, value]) => value)).toContain(undefined);
    }
  });

  it('acknowledges a write once minReplicas replicas of its primary have it', async () => {
    const entries = [0, 1, 2, 3, 4, 5].map((number) => ({
      key: `${KEY}-${number}`,
      value: '',
      expiresAtSeconds: undefined,
    }));
    const one = await openRedisForTest(clusterConfig(cluster, { minReplicas: 1 }));
    expect(one.warning).toBeUndefined();
    await Promise.all(entries.map((entry) => one.revocations.write(entry)));
    const two = await openRedisForTest(clusterConfig(cluster, { minReplicas: 2 }));
    expect(two.warning).toContain('has 1 replicas and minReplicas is 2');
    for (const entry of entries) {
      await expect(two.revocations.write(entry)).rejects.toThrow('written, but 1 of the 2 replicas');
    }
  });

  it('refuses a server that is not a node of a cluster', async () => {
    const { port } = await redisForTest();
    await expect(openRedisStore(redisConfig(port, { cluster: { addresses: [] } }), QUICK)).rejects.toThrow(
      'is not a node of a cluster; leave cluster out of the store',
    );
  });
});

it('openRedisStore() without cluster refuses a cluster node', async () => {
  await expect(openRedisStore(redisConfig(portOf(0)), QUICK)).rejects.toThrow(
    'is a node of a cluster; set cluster: true in the store',
  );
});

/** What `ACL SETUSER` is given there: for one server, and what a cluster needs beside it. */
async function rulesOfTheManual(): Promise<string[]> {
  const manual = await readFile(new URL('../../../docs/redis.md', import.meta.url), 'utf8');
  const [, rules = '', more = ''] =
    /ACL SETUSER sallyport on '>PASSWORD' ([^\n]*)[^]*ACL SETUSER sallyport (\+cluster[^\n]*)/.exec(
      manual.replaceAll(' \\\n', ''),
    ) ?? [];
  return `on >${PASSWORD} ${rules.replaceAll("'", '')} ${more}`.split(/\s+/).filter((rule) => rule !== '');
}

/** Everything that a store is asked. */
async function use(store: Store): Promise<void> {
  const mark = { key: 'sallyport:notbefore:own:a', value: '6', expiresAtSeconds: 4_100_000_000 };
  const account = makeAccount('a', 'ada');
  expect(await store.accounts.add(account)).toEqual({ outcome: 'added' });
  expect([await store.accounts.find('ada'), ...(await store.accounts.list())]).toEqual([account, account]);
  const token = {
    accountId: 'a',
    use: 'access',
    scopes: [],
    disabled: false,
    createdAtSeconds: 1,
    version: 0,
    expiresAtSeconds: 2,
  } as const;
  expect(await store.tokens.add({ ...token, id: 't' }, 0)).toBe(true);
  expect(await store.tokens.find('t')).toMatchObject({ id: 't' });
  expect(await store.accounts.update('a', {}, { mark: mark.key })).toMatchObject({ outcome: 'updated' });
  expect(await store.accounts.remove('a', { ...mark, value: '999999999999999' })).toMatchObject({ outcome: 'removed' });
  expect(await readValues(store, [mark.key])).toEqual(['999999999999999']);
  const times = { createdAtSeconds: 1, signsFromSeconds: 1, longestTokenSeconds: 60 };
  const key = { kid: 'k', issuer: 'own', algorithm: 'EdDSA', sealed: 's', ...times };
  expect(await store.signingKeys.replace('own', 0, [key])).toBe(true);
  expect((await store.signingKeys.read('own')).keys).toEqual([key]);
}
