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
import type { UsedProofStore } from '../verification/dpop/used-proof-store.ts';

/**
 * What Sallyport stores, one small interface per need. Every store passes the contract suite in `test/contract`. All
 * methods reject with {@link StoreError} if the store fails. A write resolves only once its effect survives a crash of
 * this process.
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
  readonly usedProofs: UsedProofStore;
  readonly signingKeys: SigningKeyStore;
  readonly contents: StoreContents;
  /** A problem that was found at the opening and that an operator should know; the store works nevertheless. */
  readonly warning?: string;
  /**
   * Checks whether the servers accept the credentials of another configuration, and changes nothing. Rejects with
   * {@link StoreError} if a server refuses them; ignores servers that cannot be reached. Absent for a store without
   * credentials.
   */
  readonly checkAccess?: (config: RedisStoreConfig) => Promise<void>;
  /**
   * Changes the credentials of new and open connections. Rejects with {@link StoreError} if a server does not accept
   * them (yet); open connections then keep the old ones. Absent for a store without credentials.
   */
  readonly reconfigure?: (config: RedisStoreConfig) => Promise<void>;
  /** Finishes the writes that were accepted, then closes every connection and stops every worker and timer. */
  close(): Promise<void>;
}

/** One record of a store. */
export type StoredRecord =
  | { readonly kind: 'account'; readonly record: Account }
  | { readonly kind: 'signing-key'; readonly record: SealedSigningKey }
  | { readonly kind: 'token'; readonly record: TrackedToken }
  | { readonly kind: 'revocation'; readonly record: RevocationEntry };

/** The whole contents of a store, for a copy of it. */
export interface StoreContents {
  /**
   * Reads everything except epoch records, which belong to this one set. Accounts and the keys of an issuer keep their
   * order. Revocations come last, so they include every one that was acknowledged before. SQLite returns a snapshot;
   * Redis may miss a record that is written during the read, or return it twice.
   */
  read(): AsyncIterable<StoredRecord>;

  /** Reads the revocations only, as `read` does. */
  readRevocations(): AsyncIterable<RevocationEntry>;
}
