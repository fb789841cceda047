import type { Account } from '../accounts/account.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { LogInHistoryStore } from '../accounts/guesses/log-in-history-store.ts';
import type { RedisStoreConfig } from '../config/config.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import type { EpochStore, RevocationFeed, RevocationStore } from '../revocation-set/revocation-store.ts';
import type { SealedSigningKey, SigningKeyStore } from '../signing/signing-key-store.ts';
import type { IdempotencyStore } from '../tokens/idempotency-store.ts';
import type { TokenStore, TrackedToken } from '../tokens/token.ts';
import type { BasicUseStore } from '../verification/basic/basic-use.ts';

/**
 * What Sallyport keeps, one small interface per need. Every store passes the one contract suite in
 * `test/contract`. All methods reject with {@link StoreError} where the store cannot answer; a write resolves only
 * once its effect survives a crash of this process.
 */
export interface Store {
  readonly revocations: RevocationStore;
  readonly epochs: EpochStore;
  readonly feed: RevocationFeed;
  readonly accounts: AccountStore;
  readonly tokens: TokenStore;
  readonly idempotency: IdempotencyStore;
  readonly basicUses: BasicUseStore;
  readonly logInHistory: LogInHistoryStore;
  readonly signingKeys: SigningKeyStore;
  readonly contents: StoreContents;
  /** What an operator should know of how it was found at the opening; it works nevertheless. */
  readonly warning?: string;
  /**
   * Asks whether the servers take the credentials of another configuration, and changes nothing. Rejects with
   * {@link StoreError} where one refuses them; a server that cannot be reached refuses nothing. Absent where there are
   * no credentials.
   */
  readonly checkAccess?: (config: RedisStoreConfig) => Promise<void>;
  /**
   * Takes up other credentials, for new connections and for those that are open. Rejects with {@link StoreError} where a
   * server does not take them, or not yet; open connections then stay as they were. Absent where there are none.
   */
  readonly reconfigure?: (config: RedisStoreConfig) => Promise<void>;
  /** Ends every connection, worker and timer; writes that were accepted are finished first. */
  close(): Promise<void>;
}

/** One thing that a store keeps. */
export type StoredRecord =
  | { readonly kind: 'account'; readonly record: Account }
  | { readonly kind: 'signing-key'; readonly record: SealedSigningKey }
  | { readonly kind: 'token'; readonly record: TrackedToken }
  | { readonly kind: 'revocation'; readonly record: RevocationEntry };

/** All that a store keeps, for a copy of it. */
export interface StoreContents {
  /**
   * Everything but epoch records, which are about this one set; accounts and an issuer's keys in their order. Revocations
   * come last: all that were acknowledged before are among them. SQLite gives what there was at one moment; Redis may
   * miss what is written meanwhile, or give it twice.
   */
  read(): AsyncIterable<StoredRecord>;
}
