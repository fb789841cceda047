import { existsSync } from 'node:fs';
import { CommandError } from '../cli/command.ts';
import type { StoreConfig } from '../config/config.ts';
import type { CheckedRevocations } from '../revocation-set/checked-revocations.ts';
import { ANY_EPOCH, checkedRevocations } from '../revocation-set/checked-revocations.ts';
import { announceMissing } from '../revocation-set/epoch-watch.ts';
import type { StoreUser } from '../store/open.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';

/** Longer than a decision would wait. */
const STORE_MS = 5_000;

/** Opens a store that running instances share, uses it and closes it. Throws {@link CommandError} where nobody can share it. */
export async function withStore<Value>(
  config: StoreConfig,
  use: (store: Store) => Promise<Value>,
  user: StoreUser = 'command',
): Promise<Value> {
  if (config.kind === 'memory') {
    throw new CommandError('sallyport: the store is `memory:`, which no other process can reach');
  }
  const store = await openStore(config, { storeMs: STORE_MS }, user);
  try {
    await announceMissing(store.epochs, Math.floor(Date.now() / 1000));
    return await use(store);
  } finally {
    await store.close();
  }
}

/** The revocation set for a command, which has no earlier epoch to compare with: it takes the store as it finds it. */
export function revocationsIn({ revocations }: Pick<Store, 'revocations'>): CheckedRevocations {
  return checkedRevocations(revocations, ANY_EPOCH);
}

/** Refuses to look at a store that was never made: to open it would make it. */
export function requireStore(config: StoreConfig): void {
  if (config.kind === 'sqlite' && !existsSync(config.path)) {
    throw new CommandError(
      `sallyport: there is no store at ${config.path}; start Sallyport with this configuration, or name that of the ` +
        'Sallyport that runs with --config',
    );
  }
}
