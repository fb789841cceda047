import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Cluster } from 'ioredis';
import { startRedisCluster } from '../redis/cluster.ts';
import { type SentinelGroup, startSentinelGroup } from '../redis/sentinel.ts';
import { startRedis } from '../redis/server.ts';
import type { Sallyport } from './sallyport.ts';

/** A kind of store that Sallyport is tested on. */
export interface StoreKind {
  /** For test names. */
  readonly name: string;
  /** Starts the servers that the store needs. */
  start(): Promise<StoreUnderTest>;
}

export interface StoreUnderTest {
  /** Secrets for the environment of the child process. They must never be printed. */
  readonly env: Readonly<Record<string, string>>;
  /** Edits sallyport.yaml to use the store. */
  edit(config: Record<string, unknown>): void;
  /** Writes an entry of the revocation set directly into the store, like an operator. */
  writeDirectly(sallyport: Sallyport, key: string, value: string): Promise<void>;
  close(): Promise<void>;
}

/** The default: the embedded store, next to the configuration. */
export const SQLITE: StoreKind = {
  name: 'SQLite',
  start: async () => ({
    env: {},
    edit: () => undefined,
    writeDirectly: async ({ folder }, key, value) => {
      const database = new DatabaseSync(join(folder, 'sallyport.db'), { timeout: 5_000 });
      const sql = 'INSERT OR REPLACE INTO revocation (key, value, expires_at) VALUES (?, ?, NULL)';
      database.prepare(sql).run(key, value);
      database.close();
    },
    close: async () => undefined,
  }),
};

/** A new Redis with a password. */
export const REDIS: StoreKind = {
  name: 'Redis',
  start: async () => {
    const env = { REDIS_PASSWORD: randomBytes(18).toString('hex'), SEAL_SECRET: randomBytes(32).toString('hex') };
    const { port, client, close } = await startRedis({ settings: { requirepass: env.REDIS_PASSWORD } });
    const edit = (config: Record<string, unknown>): void => {
      config['store'] = { url: `redis://127.0.0.1:${port}/3`, password: { env: 'REDIS_PASSWORD' } };
      seal(config);
    };
    await client.select(3);
    return { env, edit, writeDirectly: async (_sallyport, key, value) => void (await client.set(key, value)), close };
  },
};

/** A new primary with two replicas, found through Sentinels with a password. */
const REDIS_SENTINEL: StoreKind = {
  name: 'Redis by Sentinel',
  start: async () => {
    const env = { SENTINEL_PASSWORD: randomBytes(18).toString('hex'), SEAL_SECRET: randomBytes(32).toString('hex') };
    const group = await startSentinelGroup({ settings: { requirepass: env.SENTINEL_PASSWORD } });
    const edit = (config: Record<string, unknown>): void => {
      config['store'] = storeOf(group, { password: { env: 'SENTINEL_PASSWORD' } });
      seal(config);
    };
    const { client } = group.servers[0];
    return {
      env,
      edit,
      writeDirectly: async (_sallyport, key, value) => void (await client.set(key, value)),
      close: group.close,
    };
  },
};

/** Returns the `store` section for the primary that these Sentinels name. */
export function storeOf({ name, sentinels }: SentinelGroup, more: object = {}): object {
  const addresses = sentinels.map(({ port }) => `127.0.0.1:${port}`);
  return { url: `redis://${name}`, sentinel: { addresses, ...more }, minReplicas: 1 };
}

/** Makes our own issuer seal its keys. */
export function seal(config: Record<string, unknown>): void {
  // The demo's file has a list of issuers, the first of which is our own.
  const [own] = config['issuers'] as [{ signing: object }];
  own.signing = { ...own.signing, sealWith: { env: 'SEAL_SECRET' } };
}

/** A new Redis Cluster. */
const REDIS_CLUSTER: StoreKind = {
  name: 'a Redis Cluster',
  start: async () => {
    const env = { SEAL_SECRET: randomBytes(32).toString('hex') };
    const { nodes, close } = await startRedisCluster();
    const [first] = nodes;
    const edit = (config: Record<string, unknown>): void => {
      config['store'] = { url: `redis://127.0.0.1:${first?.server.port}`, cluster: true };
      seal(config);
    };
    const writeDirectly = async (_sallyport: Sallyport, key: string, value: string): Promise<void> => {
      const client = new Cluster([{ host: '127.0.0.1', port: first?.server.port ?? 0 }]);
      await client.set(key, value);
      client.disconnect();
    };
    return { env, edit, writeDirectly, close };
  },
};

/** Every kind of store. All must behave alike. */
export const STORES: readonly StoreKind[] = [SQLITE, REDIS, REDIS_SENTINEL, REDIS_CLUSTER];
