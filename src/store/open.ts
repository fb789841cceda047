import { setTimeout as wait } from 'node:timers/promises';
import type { Config, StoreConfig } from '../config/config.ts';
import type { Store } from './store.ts';

/**
 * An `instance` runs on, and forgets what ended long ago; a `command` looks at a store once and deletes nothing, and a
 * `first command` begins one where there is none; an `import` makes a store anew from a copy.
 */
export type StoreUser = 'instance' | 'command' | 'first command' | 'import';

/** How long to wait before the store is tried once more, in milliseconds. */
const PAUSE_MS = 500;
/** For the first attempt: whoever starts it learns soon what is waited for. */
const FIRST_OPEN_MS = 1_000;

export interface OpenLimits extends Pick<Config['timeouts'], 'storeMs'> {
  /** How long to try to connect, in milliseconds; 10 seconds by default. */
  readonly openMs?: number;
}

/** Opens the configured store; a back end that is not configured is not even loaded. Rejects with `StoreError`. */
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
 * Opens it for an instance as soon as it is there, for as long as that takes. Rejects with `StoreError` where waiting
 * does not help: for every error of an embedded store, and for what a person must change at a Redis.
 * @param read the configuration as it is by now: credentials may change meanwhile.
 * @param awaited told of each attempt that failed.
 */
export async function awaitStore(
  read: () => StoreConfig,
  { storeMs }: OpenLimits,
  awaited: (cause: unknown) => void,
): Promise<Store> {
  for (let limits: OpenLimits = { storeMs, openMs: FIRST_OPEN_MS }; ; limits = { storeMs }) {
    const config = read();
    try {
      return await openStore(config, limits, 'instance');
    } catch (error) {
      if (config.kind !== 'redis' || (await isForAPerson(error))) throw error;
      awaited(error);
      await wait(PAUSE_MS);
    }
  }
}

async function isForAPerson(error: unknown): Promise<boolean> {
  const { isLasting } = await import('../redis/failure.ts');
  return isLasting(error);
}
