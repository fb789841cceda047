import { setTimeout as wait } from 'node:timers/promises';
import type { Config, StoreConfig } from '../config/config.ts';
import type { Store } from './store.ts';

/**
 * Who opens the store. An `instance` keeps running and purges old records. A `command` opens an existing store and
 * deletes nothing; a `first command` may also create the store. An `import` creates a store from a copy. A `worker` is a
 * further process of an instance, which leaves the purge to the first one.
 */
export type StoreUser = 'instance' | 'worker' | 'command' | 'first command' | 'import';

/** The pause between two attempts to open the store, in milliseconds. */
const PAUSE_MS = 500;
/** The time limit of the first attempt, in milliseconds: short, so that the log soon shows what the start waits for. */
const FIRST_OPEN_MS = 1_000;

export interface OpenLimits extends Pick<Config['timeouts'], 'storeMs'> {
  /** The time limit for connecting, in milliseconds; 10 seconds by default. */
  readonly openMs?: number;
}

/** Opens the configured store and loads only its back end. Rejects with `StoreError`. */
export async function openStore(config: StoreConfig, limits: OpenLimits, user: StoreUser): Promise<Store> {
  switch (config.kind) {
    case 'memory': {
      const { openMemoryStore } = await import('./memory/store.ts');
      return openMemoryStore();
    }
    case 'sqlite': {
      const { openSqliteStore } = await import('./sqlite/store.ts');
      return await openSqliteStore(config.path, { purges: user === 'instance', isImport: user === 'import' });
    }
    case 'redis': {
      const { openRedisStore } = await import('./redis/store.ts');
      return await openRedisStore(config, limits, { begins: user !== 'command' });
    }
  }
}

/**
 * Opens the store for an instance and retries until it is reachable, without a time limit. Rejects with `StoreError` if
 * waiting cannot help: for every error of an embedded store, and for a Redis error that an operator must fix.
 *
 * @param read returns the current configuration, whose credentials may change between attempts.
 * @param awaited receives the error of each failed attempt.
 */
export async function awaitStore(
  read: () => StoreConfig,
  { storeMs }: OpenLimits,
  awaited: (cause: unknown) => void,
  user: 'instance' | 'worker' = 'instance',
): Promise<Store> {
  for (let limits: OpenLimits = { storeMs, openMs: FIRST_OPEN_MS }; ; limits = { storeMs }) {
    const config = read();
    try {
      return await openStore(config, limits, user);
    } catch (error) {
      if (config.kind !== 'redis' || (await needsOperator(error))) throw error;
      awaited(error);
      await wait(PAUSE_MS);
    }
  }
}

async function needsOperator(error: unknown): Promise<boolean> {
  const { isLasting } = await import('../redis/failure.ts');
  return isLasting(error);
}
