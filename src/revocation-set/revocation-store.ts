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

/** The revocation set, the truth about what has ended. */
export interface RevocationStore {
  /** Reads values together with the epochs that vouch for them. Without keys, both lists are empty. */
  read(keys: readonly string[]): Promise<RevocationReading>;
  /** Reads whole entries, whatever the epochs say; an expiry is by our clock and may be some milliseconds late. */
  readEntries(keys: readonly string[]): Promise<readonly (RevocationEntry | undefined)[]>;
  /**
   * Adds an entry. One that stands is never weakened: the later expiry counts (never beats any), a `notbefore`
   * mark only rises, and any other value stands as it was first written, except that one that is not
   * `after:<unix>` replaces one that is. What was taken back counts as if it were not there.
   */
  write(entry: RevocationEntry): Promise<void>;
  /**
   * Writes again an entry that is known and that the store has lost: as `write`, but where this very value was taken back
   * meanwhile, that stands. The feed tells of it as of anybody's change.
   */
  restore(entry: RevocationEntry): Promise<void>;
  /**
   * Puts the value of an entry that was taken back (`writeUndone`) in the place of `standing`, with an expiry:
   * compare-and-set, `false` and nothing written where another value stands. The next `write` replaces it.
   */
  undo(standing: string, undone: RevocationEntry & { readonly expiresAtSeconds: number }): Promise<boolean>;
}

/** Epoch records are entries of the revocation set that begin with this; public, and none of them revokes. */
export const EPOCH_PREFIX = 'sallyport:revoked-epoch';

/** The values of epoch records by their keys, `undefined` where there is none. */
export type EpochReading = ReadonlyMap<string, string | undefined>;

/** Records that lie in the revocation set and are lost with it: one for each part of the store that can be lost by itself. */
export interface EpochStore {
  /**
   * The epoch that was known of this store before it was opened, where what was found then is another set, or an older
   * copy of it; `undefined` where nothing is amiss, and for stores that keep nothing beside them.
   */
  readonly missing?: string | undefined;
  /** Every record, one for each part of the store. */
  read(): Promise<EpochReading>;
  /** Compare-and-set: `false`, and nothing written, where the record is not `expected` (`undefined`: there is none). */
  swap(key: string, expected: string | undefined, value: string): Promise<boolean>;
}

/** Hears of every change to the revocation set, whoever made it. */
export interface RevocationFeed {
  /** Starts to listen, once, and tells of every change since the store was opened; ends with the store. */
  follow(listener: RevocationListener): void;
}

export interface RevocationListener {
  /** How old the last word may be before it is worth nothing, in milliseconds; may change at any time. */
  readonly maxStalenessMs: number;
  /** These entries were added, changed or have gone; of one change it may be told more than once. */
  changed(keys: readonly string[]): void;
  /** This entry was written through this store, and is about to be acknowledged. */
  wrote(entry: RevocationEntry): void;
  /** Changes may have been missed: nothing known before counts any more. */
  lost(): void;
  /**
   * Everything that was acknowledged before this moment has been told: monotonic milliseconds (`performance.now()`)
   * and Unix milliseconds (`Date.now()`), both taken at that moment and not when this is called.
   */
  heardUpTo(monotonicMs: number, wallMs: number): void;
  /** The feed has broken off and is being made again; until {@link heardUpTo} nothing more is told. */
  brokenOff(cause: Error): void;
}
