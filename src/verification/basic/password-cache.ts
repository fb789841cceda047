import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { PresentedCredential } from '../../core/credential/credential.ts';
import type { CredentialCache, VerifiedCredential } from '../../core/credential/verified-credential.ts';
import { growingTo } from '../../lib/caches/growing-cache.ts';

/** Longer Basic credentials are refused unread. */
export const MAX_BASIC_LENGTH = 4096;
const MAX_PASSWORDS = 10_000;

interface Entry {
  readonly credential: VerifiedCredential;
  /** The account's mark before the account was read. */
  readonly markSeconds: number;
}

/**
 * Caches a bounded number of verified Basic credentials under a keyed hash. Every change to an account that revokes its
 * tokens raises the account's mark, so an entry is valid only while the mark is the same as before the account was read.
 * The core checks at each decision that the mark is fresh enough, as for any credential.
 */
export class PasswordCache implements CredentialCache {
  private readonly key = randomBytes(32);
  private readonly entries = new LRUCache<string, Entry>(growingTo(MAX_PASSWORDS));

  find({ scheme, value }: PresentedCredential): VerifiedCredential | undefined {
    if (scheme !== 'basic' || value.length > MAX_BASIC_LENGTH) return undefined;
    const digest = this.digest(value);
    const entry = this.entries.get(digest);
    if (entry === undefined) return undefined;
    if (markOf(entry.credential) === entry.markSeconds) return entry.credential;
    this.entries.delete(digest);
    return undefined;
  }

  /** Caches a credential. Must be called with verified credentials only. */
  add(value: string, credential: VerifiedCredential, markSeconds: number): void {
    this.entries.set(this.digest(value), { credential, markSeconds });
  }

  private digest(value: string): string {
    return createHmac('sha256', this.key).update(value).digest('base64url');
  }
}

/** Returns the account's mark: the Unix second up to which its tokens are revoked; `-Infinity` without a mark. */
export function markOf({ standings }: Pick<VerifiedCredential, 'standings'>): number {
  return Math.max(...standings.map(({ issuedUpToSeconds }) => issuedUpToSeconds));
}
