import { afterAll, beforeAll } from 'vitest';
import { slotOf } from '../../src/redis/cluster/slot.ts';
import { tokenKey } from '../../src/store/redis/layout.ts';
import type { RedisCluster } from '../support/redis/cluster.ts';
import { startRedisCluster } from '../support/redis/cluster.ts';
import { clusterConfig, openRedisForTest } from '../support/redis/config.ts';
import { describeStore } from './store-contract.ts';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster();
}, 60_000);

afterAll(async () => {
  await cluster.close();
});

const primaries = () => cluster.nodes.slice(0, 3).map(({ server }) => server);

async function open() {
  await Promise.all(primaries().map(({ client }) => client.flushall()));
  return await openRedisForTest(clusterConfig(cluster));
}

/** Each primary serves a third of the slots, in order. */
async function setSuccessor(tokenId: string, value: string): Promise<void> {
  const key = tokenKey(tokenId);
  const index = Math.min(2, Math.floor((slotOf(key) * 3) / 16_384));
  await primaries()[index]?.client.hset(key, 'successor', value);
}

describeStore('redis cluster', open, setSuccessor);
