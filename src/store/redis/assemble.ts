import type { AccountStore } from '../../accounts/account-store.ts';
import type { RedisReader, RedisWriter } from '../../redis/redis-client.ts';
import type { Scan } from '../../redis/scan.ts';
import type { EpochStore, RevocationStore } from '../../revocation-set/revocation-store.ts';
import type { Store } from '../store.ts';
import { RedisBasicUses } from './basic-uses.ts';
import { RedisContents } from './contents.ts';
import type { RedisFeed } from './feed.ts';
import { RedisIdempotency } from './idempotency.ts';
import { RedisLogInHistory } from './log-in-history.ts';
import { RedisSigningKeys } from './signing-keys.ts';
import { RedisTokens } from './tokens.ts';

export interface RedisStoreParts {
  readonly reads: RedisReader;
  readonly writes: RedisWriter;
  readonly revocations: RevocationStore;
  readonly epochs: EpochStore;
  readonly accounts: AccountStore;
  readonly feed: RedisFeed;
  readonly scan: Scan;
  /** Ends what reads and writes go through. */
  readonly close: () => Promise<void>;
}

/** The store, of parts that ask one server or several. */
export function assemble(parts: RedisStoreParts): Store {
  const { reads, writes, revocations, epochs, accounts, feed, scan, close } = parts;
  const tokens = new RedisTokens(reads, writes);
  const signingKeys = new RedisSigningKeys(writes);
  let closed: Promise<void> | undefined;
  /** What was accepted before is finished, and told. */
  const closeInOrder = async (): Promise<void> => {
    await tokens.finish();
    await close();
    await feed.end();
  };
  return {
    revocations,
    epochs,
    feed,
    accounts,
    tokens,
    idempotency: new RedisIdempotency(writes),
    basicUses: new RedisBasicUses(writes),
    logInHistory: new RedisLogInHistory(reads),
    signingKeys,
    contents: new RedisContents({ accounts, signingKeys, tokens, revocations, scan }),
    close: () => (closed ??= closeInOrder()),
  };
}
