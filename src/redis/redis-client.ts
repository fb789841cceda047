import type { Redis } from 'ioredis';

/** Asks the server that has a key, and rejects with `StoreError` where there is no answer in time or a bad one. */
export interface RedisReader {
  ask<T>(question: (client: Redis) => Promise<T>, key: string): Promise<T>;
}

/** The same, and what is to be there after a failover. */
export interface RedisWriter extends RedisReader {
  /** Rejects with `StoreError` where it was not done, where nobody knows, or where too few replicas have it. */
  write<T>(question: (client: Redis) => Promise<T>, key: string): Promise<T>;
}
