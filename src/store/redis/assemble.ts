import type { AccountStore, EpochStore, RevocationStore, Store } from '../store.ts';
import type { Asks, Writing } from './asks.ts';
import type { RedisFeed } from './feed.ts';
import { RedisSigningKeys } from './signing-keys.ts';
import { RedisTokens } from './tokens.ts';

export interface RedisStoreParts {
  readonly reads: Asks;
  readonly writes: Writing;
  readonly revocations: RevocationStore;
  readonly epochs: EpochStore;
  readonly accounts: AccountStore;
  readonly feed: RedisFeed;
  /** Ends what reads and writes go through. */
  readonly close: () => Promise<void>;
}

/** The store, of parts that ask one server or several. */
export function assemble({ reads, writes, revocations, epochs, accounts, feed, close }: RedisStoreParts): Store {
  let closed: Promise<void> | undefined;
  /** What was accepted before is finished, and told. */
  const closeInOrder = async (): Promise<void> => {
    await close();
    await feed.end();
  };
  return {
    revocations,
    epochs,
    feed,
    accounts,
    tokens: new RedisTokens(reads, writes),
    signingKeys: new RedisSigningKeys(writes),
    close: () => (closed ??= closeInOrder()),
  };
}
