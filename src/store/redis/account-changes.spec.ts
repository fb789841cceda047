import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RedisCluster } from '../../../test/support/redis/cluster.ts';
import { startRedisCluster } from '../../../test/support/redis/cluster.ts';
import { clusterConfig, openRedisForTest } from '../../../test/support/redis/config.ts';
import { readValues } from '../../../test/support/store/revocations.ts';
import { slotOf } from '../../redis/cluster/slot.ts';
import type { Store } from '../store.ts';
import { ACCOUNT_KEYS } from './layout.ts';

const MARK = 'sallyport:notbefore:own:a';
const ACCOUNT = { id: 'a', name: 'ada', passwordHash: '$old', scopes: [], disabled: false, createdAtSeconds: 1 };

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster();
}, 60_000);

afterAll(async () => {
  await cluster.close();
});

/** The server that has a key, by its hand. */
function handOf(key: string) {
  const slots = 16_384 / 3;
  const node = cluster.nodes[Math.min(2, Math.floor(slotOf(key) / slots))];
  if (node === undefined) throw new Error('no such node');
  return node.server.client;
}

/** As a process leaves it that dies after the first of the three steps. */
async function breakOff(store: Store, version: number): Promise<void> {
  const record = { ...ACCOUNT, passwordHash: '$new', version, nameKey: 'ada', unmarked: MARK };
  expect(await store.accounts.add({ ...ACCOUNT, version: 0 })).toEqual({ outcome: 'added' });
  await handOf(ACCOUNT_KEYS.records).hset(ACCOUNT_KEYS.records, 'a', JSON.stringify(record));
}

it('a change that was interrupted before its mark is completed by the next read of the account', async () => {
  const store = await openRedisForTest(clusterConfig(cluster));
  await breakOff(store, 1);
  const token = { id: 't', accountId: 'a', use: 'login', scopes: [], createdAtSeconds: 1 } as const;
  // Not even by who guesses the version between.
  expect(await store.tokens.add({ ...token, expiresAtSeconds: 4e9 }, 1)).toBe(false);
  const before = Math.floor(Date.now() / 1000);
  expect(await store.accounts.find('ada')).toMatchObject({ passwordHash: '$new', version: 2 });
  expect(Number((await readValues(store, [MARK]))[0])).toBeGreaterThanOrEqual(before);
  const record = await handOf(ACCOUNT_KEYS.records).hget(ACCOUNT_KEYS.records, 'a');
  expect(JSON.parse(record ?? '{}')).not.toHaveProperty('unmarked');
  expect(await store.tokens.add({ ...token, expiresAtSeconds: 4e9 }, 1)).toBe(false);
  expect(await store.tokens.add({ ...token, expiresAtSeconds: 4e9 }, 2)).toBe(true);
});

it('another change keeps the mark of an interrupted change', async () => {
  const store = await openRedisForTest(clusterConfig(cluster));
  await Promise.all(cluster.nodes.slice(0, 3).map(({ server }) => server.client.flushall()));
  await breakOff(store, 1);
  expect(await store.accounts.update('a', { email: 'ada@example.com' })).toMatchObject({ outcome: 'updated' });
  expect((await readValues(store, [MARK]))[0]).toMatch(/^\d+$/);
  expect(await store.accounts.findById('a')).toMatchObject({ email: 'ada@example.com', version: 2 });
});

it('a change raises the mark by one second, however many reads run concurrently', async () => {
  const stores = await Promise.all(Array.from({ length: 3 }, () => openRedisForTest(clusterConfig(cluster))));
  const [store] = stores;
  await Promise.all(cluster.nodes.slice(0, 3).map(({ server }) => server.client.flushall()));
  if (store === undefined) throw new Error('no store');
  await store.accounts.add({ ...ACCOUNT, version: 0 });
  // Further than the clock gets in this test.
  const ahead = Math.floor(Date.now() / 1000) + 3_600;
  await store.revocations.write({ key: MARK, value: String(ahead), expiresAtSeconds: undefined });
  for (let changes = 1; changes <= 10; changes += 1) {
    let isChanged = false;
    const changing = store.accounts.update('a', { disabled: true }, { mark: MARK }).finally(() => {
      isChanged = true;
    });
    const read = async ({ accounts }: Store): Promise<void> => {
      while (!isChanged) await accounts.find('ada');
    };
    await Promise.all([changing, ...[...stores, ...stores].map(read)]);
    expect(await readValues(store, [MARK])).toEqual([String(ahead + changes)]);
  }
});

it('concurrent reads complete an interrupted change once and return one version', async () => {
  const stores = await Promise.all(Array.from({ length: 3 }, () => openRedisForTest(clusterConfig(cluster))));
  const [store] = stores;
  await Promise.all(cluster.nodes.slice(0, 3).map(({ server }) => server.client.flushall()));
  if (store === undefined) throw new Error('no store');
  await breakOff(store, 1);
  const found = await Promise.all(stores.flatMap(({ accounts }) => [accounts.find('ada'), accounts.findById('a')]));
  expect(found.map((account) => account?.version)).toEqual(found.map(() => 2));
});
