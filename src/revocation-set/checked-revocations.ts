import type { EpochPair, RevocationStore } from './revocation-store.ts';

/** Reads values of the revocation set. */
export interface RevocationReader {
  /** In the order of the keys; `undefined` where there is no entry. Rejects where the values must not be trusted. */
  read(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
}

/** The revocation set for use cases: they get only values that count. */
export interface CheckedRevocations extends RevocationReader, Omit<RevocationStore, 'read'> {}

/** Throws where values that were read together with these epochs do not count. */
export type EpochCheck = (epochs: readonly EpochPair[]) => void;

/** For a command that uses a store once: it has no earlier epoch to compare with. */
export const ANY_EPOCH: EpochCheck = () => undefined;

/** The revocation set of a store, with a check of every read of values. */
export function checkedRevocations(store: RevocationStore, check: EpochCheck): CheckedRevocations {
  return {
    read: async (keys) => {
      if (keys.length === 0) return [];
      const { values, epochs } = await store.read(keys);
      check(epochs);
      return values;
    },
    readEntries: (keys) => store.readEntries(keys),
    write: (entry) => store.write(entry),
    restore: (entry) => store.restore(entry),
    undo: (existing, undone) => store.undo(existing, undone),
  };
}
