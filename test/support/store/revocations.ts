import type { CheckedRevocations } from '../../../src/revocation-set/checked-revocations.ts';
import { ANY_EPOCH, checkedRevocations } from '../../../src/revocation-set/checked-revocations.ts';
import type { Store } from '../../../src/store/store.ts';

type WithRevocations = Pick<Store, 'revocations'>;

/** Resolves to the values of these entries, whatever the epochs of the store are. */
export async function readValues(
  store: WithRevocations,
  keys: readonly string[],
): Promise<readonly (string | undefined)[]> {
  return (await store.revocations.read(keys)).values;
}

/** Returns the revocation set of a store without a check of its epochs. */
export function revocationsOf({ revocations }: WithRevocations): CheckedRevocations {
  return checkedRevocations(revocations, ANY_EPOCH);
}

/** Returns the store with the revocation set of {@link revocationsOf}. */
export function withRevocations(
  store: Store,
): Omit<Store, 'revocations'> & { readonly revocations: CheckedRevocations } {
  return { ...store, revocations: revocationsOf(store) };
}
