import { isDeepStrictEqual } from 'node:util';
import type { Redis } from 'ioredis';
import type { RedisAccess, RedisStoreConfig } from '../config/config.ts';
import type { ServerLabel } from './failure.ts';
import { isLasting, storeErrorFrom } from './failure.ts';
import { accessOptions, textOf } from './options.ts';

/**
 * Asks a server, on a new connection that it closes again, whether it accepts these credentials. Rejects with
 * `StoreError` if the server refuses them. Resolves if it accepts them or cannot be reached.
 *
 * @param connected a client of that server, whether connected or not.
 */
export async function checkAccess(connected: Redis, place: ServerLabel, access: RedisAccess): Promise<void> {
  const client = connected.duplicate({ ...accessOptions(access), lazyConnect: true, retryStrategy: () => null });
  let failure: unknown;
  // The event says more than the rejection of `connect()`.
  client.on('error', (error: unknown) => (failure ??= error));
  try {
    await client.connect();
    await client.info();
  } catch (error) {
    const cause = failure ?? error;
    if (isLasting(cause)) {
      throw storeErrorFrom({ name: place.name, password: access.password && textOf(access.password) }, cause);
    }
  } finally {
    client.disconnect();
  }
}

/** How open servers take other credentials. */
export interface AccessChange {
  readonly checkAccess: (config: RedisStoreConfig) => Promise<void>;
  readonly reconfigure: (config: RedisStoreConfig) => Promise<void>;
}

/** Checks and changes the credentials only if they differ from the present ones. */
export function accessOf(
  opened: RedisStoreConfig,
  { check, change }: Readonly<Record<'check' | 'change', (config: RedisStoreConfig) => Promise<void>>>,
): AccessChange {
  let current = opened;
  return {
    checkAccess: async (next) => {
      if (!isSameAccess(current, next)) await check(next);
    },
    reconfigure: async (next) => {
      if (isSameAccess(current, next)) return;
      await change(next);
      current = next;
    },
  };
}

function isSameAccess(one: RedisStoreConfig, other: RedisStoreConfig): boolean {
  const optionsOf = ({ sentinel, ...server }: RedisStoreConfig) => [
    accessOptions(server),
    sentinel && accessOptions(sentinel),
  ];
  return isDeepStrictEqual(optionsOf(one), optionsOf(other));
}
