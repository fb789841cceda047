import { afterAll, beforeAll } from 'vitest';
import type { RedisServer } from '../redis-server.ts';
import { startRedis } from '../redis-server.ts';
import { openRedisForTest, redisConfig } from './redis-store.ts';
import { describeStore } from './store-contract.ts';

let server: RedisServer;
let databases = 0;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(async () => {
  await server.close();
});

describeStore('redis', () => openRedisForTest(redisConfig(server.port, { database: databases++ })));
