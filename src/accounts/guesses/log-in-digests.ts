import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Account } from '../account.ts';
import { accountNameKey } from '../account.ts';
import { addressBlock } from './address-block.ts';

/** The purpose under which the key is derived. */
export const LOG_IN_HISTORY = 'history of log-ins';

const DIGEST_BYTES = 16;

/**
 * Keyed hashes of the data in the history of log-ins (HMAC-SHA-256, truncated to 128 bits). All instances have the same
 * key. It is derived from the secret that seals the signing keys, which is not in the store, so a copy of the store
 * reveals neither where accounts logged in nor what was typed as a name.
 */
export class LogInDigests {
  readonly #key: Uint8Array;

  /** @param key 32 bytes. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Returns the digest of a name or an e-mail address, the same for each spelling that finds the account. */
  ofName(nameOrEmail: string): string {
    return this.of('name', accountNameKey(nameOrEmail.trim()));
  }

  /** Returns the digests of an account's name and e-mail address. */
  ofNames({ name, email }: Pick<Account, 'name' | 'email'>): readonly string[] {
    // Not from `accountNameKeys`: `ofName` applies `accountNameKey` itself, and applying it twice may give another key.
    return [...new Set([name, ...(email === undefined ? [] : [email])].map((each) => this.ofName(each)))];
  }

  /** Returns the digest of a client's address block for one name, so that equal places of two names do not match. */
  ofPlace(name: string, client: string): string {
    return this.of('place', name, addressBlock(client));
  }

  /** Returns the digest of several parts; parts that are split differently have different digests. */
  of(...parts: readonly string[]): string {
    const digest = createHmac('sha256', this.#key).update(JSON.stringify(parts)).digest();
    return digest.subarray(0, DIGEST_BYTES).toString('base64url');
  }

  /** Whether the parts have this digest; compares in constant time. */
  matches(digest: string, ...parts: readonly string[]): boolean {
    const [actual, expected] = [Buffer.from(digest), Buffer.from(this.of(...parts))];
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  }
}
