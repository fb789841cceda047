import type { RevocationEntry } from './entry.ts';

/** The value of an epoch record by its key, `undefined` where there is none. */
export type EpochPair = readonly [key: string, value: string | undefined];

/** What one read of the revocation set found. The caller decides by the epochs whether the values count. */
export interface RevocationReading {
  /** In the order of the keys; `undefined` where there is no entry. */
  readonly values: readonly (string | undefined)[];
  /**
   * The epoch records of every part of the store that the values come from. The store reads them after the values, so a
   * set that is lost before the read is noticed. The same record may occur twice, as two servers had it.
   */
  readonly epochs: readonly EpochPair[];
}

/** The revocation set, which decides what has ended. */
export interface RevocationStore {
  /** Reads values together with the epochs that vouch for them. Without keys, both lists are empty. */
  read(keys: readonly string[]): Promise<RevocationReading>;
  /** Does the same without a wait, where the store lies on this machine. Throws `StoreError` if that cannot be done now. */
  readAtOnce?(keys: readonly string[]): RevocationReading;
  /** Reads whole entries, whatever the epochs are. An expiry is by our clock and may be some milliseconds late. */
  readEntries(keys: readonly string[]): Promise<readonly (RevocationEntry | undefined)[]>;
  /**
   * Adds an entry. It never weakens an existing one: the later expiry counts, and none at all is the latest; a `notbefore`
   * mark only rises; any other value stays as it was first written, except that `after:<unix>` gives way to a value that is
   * not. An entry that was taken back counts as missing.
   */
  write(entry: RevocationEntry): Promise<void>;
  /**
   * Writes a known entry that the store has lost, as `write` does. If this very value was taken back meanwhile, nothing
   * changes. The feed reports it like a change by another process.
   */
  restore(entry: RevocationEntry): Promise<void>;
  /**
   * Replaces the value `existing` by that of an entry that was taken back (`writeUndone`), with an expiry. Compare-and-set:
   * `false`, and nothing written, if the entry has another value. The next `write` replaces it.
   */
  undo(existing: string, undone: RevocationEntry & { readonly expiresAtSeconds: number }): Promise<boolean>;
}

/** The keys of epoch records begin with this. They are public entries of the revocation set, and revoke nothing. */
export const EPOCH_PREFIX = 'sallyport:revoked-epoch';

/** The values of epoch records by their keys; `undefined` if there is no record. */
export type EpochReading = ReadonlyMap<string, string | undefined>;

/** Records that lie in the revocation set and are lost with it: one for each part that can be lost by itself. */
export interface EpochStore {
  /**
   * The epoch that this store had when it was last open, if it now holds another set or an older copy. `undefined` if it
   * holds the same set, and for stores that remember nothing elsewhere.
   */
  readonly missing?: string | undefined;
  /** Every record, one for each part of the store. */
  read(): Promise<EpochReading>;
  /** Compare-and-set: `false`, and nothing written, if the record is not `expected` (`undefined` for no record). */
  swap(key: string, expected: string | undefined, value: string): Promise<boolean>;
}

/** Reports every change to the revocation set, by any process. */
export interface RevocationFeed {
  /** Starts, once, to report every change since the store was opened. Ends with the store. */
  follow(listener: RevocationListener): void;
}

export interface RevocationListener {
  /** How old the last report may be before it no longer counts, in milliseconds. May change at any time. */
  readonly maxStalenessMs: number;
  /** These entries were added, changed or removed. The same change may be reported more than once. */
  changed(keys: readonly string[]): void;
  /** This store wrote the entry and is about to acknowledge that. */
  wrote(entry: RevocationEntry): void;
  /** Changes may have been missed: earlier knowledge no longer counts. */
  lost(): void;
  /**
   * Every change that was acknowledged before this moment has been reported: monotonic milliseconds (`performance.now()`)
   * and Unix milliseconds (`Date.now()`), both taken at that moment and not when this is called.
   */
  heardUpTo(monotonicMs: number, wallMs: number): void;
  /** The feed broke and is opened again. It reports nothing until {@link heardUpTo}. */
  brokenOff(cause: Error): void;
}
