import { readFile } from 'node:fs/promises';
import { expect, onTestFinished } from 'vitest';
import type { RedisStoreConfig } from '../../../src/config/config.ts';
import { Secret } from '../../../src/config/secret.ts';
import type { RedisTimeouts } from '../../../src/redis/timeouts.ts';
import { openRedisStore } from '../../../src/store/redis/store.ts';
import type { Store } from '../../../src/store/store.ts';
import type { RedisCluster } from './cluster.ts';
import type { RedisServer, RedisServerOptions } from './server.ts';
import { startRedis } from './server.ts';

/** Completes the configuration of a single Redis. */
export function redisConfig(port: number, more: Partial<RedisStoreConfig> = {}): RedisStoreConfig {
  const access = { username: undefined, password: undefined, tls: undefined };
  const none = { ...access, sentinel: undefined, cluster: undefined, minReplicas: 0, allowEviction: false };
  return { kind: 'redis', host: '127.0.0.1', port, database: 0, ...none, ...more };
}

/** Returns the configuration of the primary that these Sentinels name. */
export function sentinelConfig(
  { name, sentinels }: { readonly name: string; readonly sentinels: readonly { readonly port: number }[] },
  more: Partial<RedisStoreConfig> = {},
): RedisStoreConfig {
  const addresses = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
  const sentinel = { addresses, username: undefined, password: undefined, tls: undefined };
  return redisConfig(0, { host: name, sentinel, ...more });
}

/** Returns the configuration of a cluster. */
export function clusterConfig({ nodes }: RedisCluster, more: Partial<RedisStoreConfig> = {}): RedisStoreConfig {
  const [first, ...others] = nodes.map(({ server }) => ({ host: '127.0.0.1', port: server.port }));
  return redisConfig(first?.port ?? 0, { cluster: { addresses: others }, ...more });
}

export function secretOf(text: string): Secret {
  return new Secret(Buffer.from(text));
}

/** Starts a Redis that is stopped when the test ends. */
export async function redisForTest(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  onTestFinished(() => server.close());
  return server;
}

/** Starts a replica; resolves once it is online. It is stopped when the test ends. */
export async function replicaForTest(primary: RedisServer): Promise<RedisServer> {
  await primary.client.config('SET', 'repl-diskless-sync-delay', '0');
  const replica = await redisForTest({ settings: { replicaof: `127.0.0.1 ${primary.port}` } });
  await expect.poll(() => primary.client.info('replication'), { timeout: 10_000 }).toContain('state=online');
  return replica;
}

/** Reads the users of `docs/redis.md`, with this password, in the syntax of each server's configuration file. */
export async function documentedUsers(
  password: string,
): Promise<{ readonly redis: string; readonly sentinel: string }> {
  const manual = await readFile(new URL('../../../docs/redis.md', import.meta.url), 'utf8');
  const commands = manual.replaceAll(' \\\n', '').matchAll(/ACL SETUSER sallyport on '>PASSWORD' (.*)/g);
  const [redis = '', sentinel = ''] = Array.from(commands, ([, rules = '']) => {
    return `sallyport on >${password} ${rules.replaceAll("'", '').replaceAll(/\s+/g, ' ')}`;
  });
  return { redis, sentinel };
}

/** Opens a store that is closed when the test ends, with a time-out for slow machines. */
export async function openRedisForTest(
  config: RedisStoreConfig,
  timeouts: RedisTimeouts = { storeMs: 2_000 },
): Promise<Store> {
  const store = await openRedisStore(config, timeouts);
  onTestFinished(() => store.close());
  return store;
}
