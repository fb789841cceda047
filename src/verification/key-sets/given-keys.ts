import type { KeySource } from '../keys.ts';
import { keysFor, readKeySet } from './published-keys.ts';

/**
 * Returns the keys of an issuer that the configuration contains. They are in force as long as it is.
 *
 * @param text a JWK Set. Throws if it has no usable key, which the configuration does not accept.
 */
export function givenKeys(text: string): KeySource {
  const { keys } = readKeySet(text);
  return {
    find: (algorithm, kid) => keysFor(keys, algorithm, kid),
    inForce: () => keys,
  };
}
