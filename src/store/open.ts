import type { Config, StoreConfig } from '../config/config.ts';
import type { Store } from './store.ts';

/** An `instance` runs on, and forgets what ended long ago; a `command` looks at the store once and deletes nothing. */
export type StoreUser = 'instance' | 'command';

/** Opens the configured store; a back end that is not configured is not even loaded. Rejects with `StoreError`. */
export async function openStore(
  config: StoreConfig,
  { storeMs }: Pick<Config['timeouts'], 'storeMs'>,
  user: StoreUser,
): Promise<Store> {
  switch (config.kind) {
    case 'memory': {
      const { openMemoryStore } = await import('./memory.ts');
      return openMemoryStore();
    }
    case 'sqlite': {
      const { openSqliteStore } = await import('./sqlite/store.ts');
      return await openSqliteStore(config.path, { purges: user === 'instance' });
    }
    case 'redis': {
      const { openRedisStore } = await import('./redis/store.ts');
      return await openRedisStore(config, { storeMs });
    }
  }
}
