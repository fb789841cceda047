import { afterAll, beforeAll } from 'vitest';
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

describeStore('redis cluster', async () => {
  await Promise.all(cluster.nodes.slice(0, 3).map(({ server }) => server.hand.flushall()));
  return await openRedisForTest(clusterConfig(cluster));
});
