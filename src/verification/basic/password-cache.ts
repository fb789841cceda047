import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { PresentedCredential } from '../../core/credential.ts';
import type { CredentialCache, VerifiedCredential } from '../../core/verified-credential.ts';

/** Longer Basic credentials are nobody's. */
export const MAX_BASIC_LENGTH = 4096;
const MAX_PASSWORDS = 10_000;

interface Entry {
  readonly credential: VerifiedCredential;
  /** Where the account's mark stood before the account was read. */
  readonly markSeconds: number;
}

/**
 * Basic credentials that were verified, under a keyed hash, a bounded number. Every change to an account that ends its
 * tokens raises the account's mark: an entry counts only while the mark is where it was before the account was read.
 * That the mark is known well enough, the core asks at each decision, as of any credential.
 */
export class PasswordCache implements CredentialCache {
  private readonly key = randomBytes(32);
  private readonly entries = new LRUCache<string, Entry>({ max: MAX_PASSWORDS });

  find({ scheme, value }: PresentedCredential): VerifiedCredential | undefined {
    if (scheme !== 'basic' || value.length > MAX_BASIC_LENGTH) return undefined;
    const digest = this.digest(value);
    const entry = this.entries.get(digest);
    if (entry === undefined) return undefined;
    if (markOf(entry.credential) === entry.markSeconds) return entry.credential;
    this.entries.delete(digest);
    return undefined;
  }

  /** Remembers what was verified; only ever called with such. */
  add(value: string, credential: VerifiedCredential, markSeconds: number): void {
    this.entries.set(this.digest(value), { credential, markSeconds });
  }

  private digest(value: string): string {
    return createHmac('sha256', this.key).update(value).digest('base64url');
  }
}

/** The Unix second up to which the account's tokens have ended; `-Infinity` where none has. */
export function markOf({ standings }: Pick<VerifiedCredential, 'standings'>): number {
  return Math.max(...standings.map(({ issuedUpToSeconds }) => issuedUpToSeconds));
}
