import { afterAll, beforeAll, describe } from 'vitest';
import { tokenKey } from '../../src/store/redis/layout.ts';
import { openRedisForTest, redisConfig, sentinelConfig } from '../support/redis/config.ts';
import type { SentinelGroup } from '../support/redis/sentinel.ts';
import { startSentinelGroup } from '../support/redis/sentinel.ts';
import type { RedisServer } from '../support/redis/server.ts';
import { startRedis } from '../support/redis/server.ts';
import { describeStore } from './store-contract.ts';

// Each store has its own database of the server.
let databases: number;

describe('a single Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
    databases = 0;
  });
  afterAll(() => server.close());

  const open = () => openRedisForTest(redisConfig(server.port, { database: databases++ }));
  describeStore('redis', open, (id, value) => setSuccessor(server, id, value));
});

describe('the primary that Sentinels name', () => {
  let group: SentinelGroup;
  beforeAll(async () => {
    group = await startSentinelGroup();
    databases = 0;
  });
  afterAll(() => group.close());

  const open = () => openRedisForTest(sentinelConfig(group, { database: databases++, minReplicas: 1 }));
  describeStore('redis', open, async (id, value) => setSuccessor(await group.primary(), id, value));
});

/** Writes to the database of the store that was opened last. */
async function setSuccessor({ client }: RedisServer, tokenId: string, value: string): Promise<void> {
  await client.select(databases - 1);
  await client.hset(tokenKey(tokenId), 'successor', value);
}
