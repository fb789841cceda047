import { isDeepStrictEqual } from 'node:util';
import type { Redis } from 'ioredis';
import type { RedisAccess, RedisStoreConfig } from '../config/config.ts';
import type { ServerLabel } from './failure.ts';
import { isLasting, storeErrorFrom } from './failure.ts';
import { accessOptions, textOf } from './options.ts';

/**
 * Asks a server whether it takes these credentials, on a connection of its own, which is closed again. Rejects with
 * `StoreError` where the server refuses them; resolves where it takes them, and where it cannot be asked.
 *
 * @param connected leads to that server, or should.
 */
export async function checkAccess(connected: Redis, place: ServerLabel, access: RedisAccess): Promise<void> {
  const client = connected.duplicate({ ...accessOptions(access), lazyConnect: true, retryStrategy: () => null });
  let failure: unknown;
  // Says more than the promise of a connection that ends.
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

/** How a store that is open takes up other credentials. */
export interface AccessChange {
  readonly checkAccess: (config: RedisStoreConfig) => Promise<void>;
  readonly reconfigure: (config: RedisStoreConfig) => Promise<void>;
}

/** Asks the servers, and changes the connections, only where the credentials have changed. */
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
