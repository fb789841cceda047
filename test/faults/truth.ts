import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RedisServer, startRedis } from '../support/redis/server.ts';
import { startProxy, type TcpProxy } from '../support/redis/tcp-proxy.ts';

/** The revocation set in Redis, without Sallyport. */
export interface Truth {
  /** Creates a connection path for one instance. */
  connect(): Promise<Way>;
  /** Revokes like an operator; resolves to the reply, of which `OK` acknowledges it. */
  revoke(key: string): Promise<string>;
  holds(key: string): Promise<boolean>;
  close(): Promise<void>;
}

/** An instance's path to the revocation set. */
export interface Way {
  /** The `store` section of its configuration. */
  readonly store: unknown;
  close(): Promise<void>;
}

/** A path that can be broken. */
export interface BreakableWay extends Way {
  readonly proxy: TcpProxy;
}

/** One Redis, which each instance reaches through its own proxy. */
export class SingleRedis implements Truth {
  redis: RedisServer;

  constructor(redis: RedisServer) {
    this.redis = redis;
  }

  static async start(): Promise<SingleRedis> {
    return new SingleRedis(await startRedis());
  }

  async connect(): Promise<BreakableWay> {
    const proxy = await startProxy(this.redis.port);
    return { store: `redis://127.0.0.1:${proxy.port}`, proxy, close: () => proxy.close() };
  }

  async revoke(key: string): Promise<string> {
    return await this.redis.client.set(key, '');
  }

  async holds(key: string): Promise<boolean> {
    return (await this.redis.client.exists(key)) === 1;
  }

  /** Starts it again after a kill, with its data. */
  async restart(): Promise<void> {
    this.redis = await startRedis({ after: this.redis });
  }

  /** Kills it and starts it again without its data. */
  async restartEmpty(): Promise<void> {
    await this.redis.kill9();
    // A file up to Redis 6, a folder from 7 on.
    for (const name of ['appendonly.aof', 'appendonlydir']) {
      await rm(join(this.redis.folder, name), { recursive: true, force: true });
    }
    await this.restart();
  }

  async close(): Promise<void> {
    await this.redis.close();
  }
}
