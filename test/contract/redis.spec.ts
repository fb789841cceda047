import { afterAll, beforeAll, describe } from 'vitest';
import { openRedisForTest, redisConfig, sentinelConfig } from '../support/redis/config.ts';
import type { SentinelGroup } from '../support/redis/sentinel.ts';
import { startSentinelGroup } from '../support/redis/sentinel.ts';
import type { RedisServer } from '../support/redis/server.ts';
import { startRedis } from '../support/redis/server.ts';
import { describeStore } from './store-contract.ts';

// Each store has one of its server's hundred.
let databases: number;

describe('a single Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
    databases = 0;
  });
  afterAll(() => server.close());

  describeStore('redis', () => openRedisForTest(redisConfig(server.port, { database: databases++ })));
});

describe('the primary that Sentinels name', () => {
  let group: SentinelGroup;
  beforeAll(async () => {
    group = await startSentinelGroup();
    databases = 0;
  });
  afterAll(() => group.close());

  describeStore('redis', () => openRedisForTest(sentinelConfig(group, { database: databases++, minReplicas: 1 })));
});
