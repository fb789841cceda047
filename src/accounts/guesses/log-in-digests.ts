import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Account } from '../account.ts';
import { accountNameKey } from '../account.ts';
import { addressBlock } from './address-block.ts';

/** The purpose for which the key is derived. */
export const LOG_IN_HISTORY = 'history of log-ins';

const DIGEST_BYTES = 16;

/**
 * Keyed hashes of what the history of log-ins is about (HMAC-SHA-256, 128 bits of it). Every instance has the same key,
 * derived from the secret that seals the signing keys, which is not in the store: a copy of the store alone tells
 * neither where somebody logged in, nor what was typed into the field of a name.
 */
export class LogInDigests {
  readonly #key: Uint8Array;

  /** @param key 32 bytes. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Of a name or an e-mail address, in any spelling by which an account is found. */
  ofName(nameOrEmail: string): string {
    return this.of('name', accountNameKey(nameOrEmail.trim()));
  }

  /** Of each name that an account goes by. */
  ofNames({ name, email }: Pick<Account, 'name' | 'email'>): readonly string[] {
    // Not of their keys: the key of a key may be another one.
    return [...new Set([name, ...(email === undefined ? [] : [email])].map((each) => this.ofName(each)))];
  }

  /** Of the address block of a client, for one name: nobody can tell that two names have a place in common. */
  ofPlace(name: string, client: string): string {
    return this.of('place', name, addressBlock(client));
  }

  /** Of anything else; each part in a place of its own. */
  of(...parts: readonly string[]): string {
    const digest = createHmac('sha256', this.#key).update(JSON.stringify(parts)).digest();
    return digest.subarray(0, DIGEST_BYTES).toString('base64url');
  }

  /** Whether that is the digest, in a time that does not tell how much of it is right. */
  matches(digest: string, ...parts: readonly string[]): boolean {
    const [given, wanted] = [Buffer.from(digest), Buffer.from(this.of(...parts))];
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
