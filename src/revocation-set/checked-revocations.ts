import type { EpochPair, RevocationReading, RevocationStore } from './revocation-store.ts';

/** Reads values of the revocation set. */
export interface RevocationReader {
  /** Resolves to the values in the order of the keys, `undefined` for no entry. Rejects if they must not be trusted. */
  read(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Does the same without a wait, where the store can. Throws if it cannot do so now, or if they must not be trusted. */
  readonly readAtOnce?: ((keys: readonly string[]) => readonly (string | undefined)[]) | undefined;
}

/** The revocation set for use cases, which receive only values that can be trusted. */
export interface CheckedRevocations extends RevocationReader, Omit<RevocationStore, 'read' | 'readAtOnce'> {}

/** Throws if values that were read together with these epochs must not be trusted. */
export type EpochCheck = (epochs: readonly EpochPair[]) => void;

/** For a command that uses a store once: it has no earlier epoch to compare with. */
export const ANY_EPOCH: EpochCheck = () => undefined;

/** Returns the revocation set of a store with a check on every read of values. */
export function checkedRevocations(store: RevocationStore, check: EpochCheck): CheckedRevocations {
  return {
    read: async (keys) => {
      if (keys.length === 0) return [];
      const { values, epochs } = await store.read(keys);
      check(epochs);
      return values;
    },
    readAtOnce: store.readAtOnce && ((keys) => readAtOnce(store, check, keys)),
    readEntries: (keys) => store.readEntries(keys),
    write: (entry) => store.write(entry),
    restore: (entry) => store.restore(entry),
    undo: (existing, undone) => store.undo(existing, undone),
  };
}

function readAtOnce(store: RevocationStore, check: EpochCheck, keys: readonly string[]): RevocationReading['values'] {
  const { values, epochs } = store.readAtOnce?.(keys) ?? { values: [], epochs: [] };
  check(epochs);
  return values;
}
