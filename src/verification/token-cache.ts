import type { PresentedCredential } from '../core/credential/credential.ts';
import type { CredentialCache, VerifiedCredential } from '../core/credential/verified-credential.ts';
import { SecondChanceCache } from '../lib/caches/second-chance.ts';
import { tokenBytes } from './token-size.ts';

/**
 * A token is found by a number that its last characters give: those of its signature, which only the signer can choose, or of
 * an authorization server's random value. Hashing the whole token would cost more than the rest of the look-up.
 */
const TAIL_LENGTH = 12;
/** The most memory for all tokens: enough for 110,000 tokens of 600 characters, or 20,000 of the longest ones. */
const MOST_BYTES = 512 * 1024 * 1024;
/** The most of the heap that they may take. */
const SHARE_OF_HEAP = 0.55;
/** Memory for an entry without a token. */
const BYTES_A_CROWD = 200;

interface Entry {
  /** `undefined`: several tokens have this end; each of them is found by all its characters. */
  readonly token: string | undefined;
  readonly credential: VerifiedCredential | undefined;
  readonly bytes: number;
  used: boolean;
}

/**
 * Caches verified tokens, bounded in number and memory. Evicts what has not been used for longest, roughly.
 *
 * The comparison with a known token ends at the first difference. Its time could help only to guess a token whose end is
 * known already, by nanoseconds, beside a whole verification that follows each wrong guess.
 */
export class TokenCache implements CredentialCache {
  /** Look-ups that found the token, and those that did not, since the start. */
  hits = 0;
  misses = 0;
  private readonly entries: SecondChanceCache<number | string, Entry>;

  /**
   * @param maxTokens the most tokens to cache.
   * @param maxBytes the most memory they may use together, approximately: a client may be able to get tokens full of
   *   claims.
   */
  constructor(maxTokens: number, maxBytes = MOST_BYTES) {
    this.entries = new SecondChanceCache(maxTokens, maxBytes);
  }

  /** The number of cached tokens. */
  get size(): number {
    return this.entries.size;
  }

  find({ scheme, value }: PresentedCredential): VerifiedCredential | undefined {
    if (scheme !== 'bearer') return undefined;
    const entry = this.entryOf(value);
    if (entry === undefined) {
      this.misses += 1;
      return undefined;
    }
    this.hits += 1;
    // Not written again, because a write takes the entry from other processors' caches.
    if (!entry.used) entry.used = true;
    return entry.credential;
  }

  /** Returns the cached credential of a token, even if it must be verified again. Does not count as a look-up. */
  last(token: string): VerifiedCredential | undefined {
    return this.entryOf(token)?.credential;
  }

  /** Caches a token. Must be called with verified tokens only. */
  add(token: string, credential: VerifiedCredential): void {
    // When a token is verified again, for example after a reload, keep its last use until that is written.
    const before = this.entryOf(token)?.credential;
    if (before !== undefined) carryOver(before, credential);
    // A copy, because a slice would keep the whole header field in memory.
    const own = Buffer.from(token, 'latin1').toString('latin1');
    this.place(own, { token: own, credential, bytes: tokenBytes(own, credential), used: false });
  }

  /** Returns when our own tokens were last used, by token id, if after `afterMs`. All times are in Unix milliseconds. */
  usedSince(afterMs: number): ReadonlyMap<string, number> {
    const uses = new Map<string, number>();
    for (const { credential } of this.entries.values()) {
      const { lastUse, identity } = credential ?? {};
      if (lastUse !== undefined && lastUse.atMs > afterMs && identity?.tokenId !== undefined) {
        uses.set(identity.tokenId, lastUse.atMs);
      }
    }
    return uses;
  }

  /** Returns the entry of exactly this token. */
  private entryOf(token: string): Entry | undefined {
    const entry = this.entries.get(tailOf(token));
    if (entry === undefined || entry.token === token) return entry;
    if (entry.token !== undefined) return undefined;
    entry.used = true;
    return this.entries.get(token);
  }

  /** However many tokens have one end, each is found with one look-up more, and none evicts another one. */
  private place(token: string, entry: Entry): void {
    const tail = tailOf(token);
    const there = this.entries.get(tail);
    if (there === undefined || there.token === token) return this.entries.set(tail, entry);
    if (there.token !== undefined) {
      this.entries.set(tail, { token: undefined, credential: undefined, bytes: BYTES_A_CROWD, used: true });
      this.entries.set(there.token, there);
    }
    this.entries.set(token, entry);
  }
}

/** Returns the memory for all tokens in bytes. @param heapBytes the most that the heap of this process may take. */
export function tokenMemory(heapBytes: number): number {
  return Math.min(MOST_BYTES, Math.floor(SHARE_OF_HEAP * heapBytes));
}

/** Returns a number for the last characters of a token. Numbers are found faster than strings, which are stored elsewhere. */
function tailOf(token: string): number {
  let tail = 0;
  for (let index = Math.max(0, token.length - TAIL_LENGTH); index < token.length; index++) {
    tail = (Math.imul(tail, 0x01000193) ^ token.charCodeAt(index)) | 0;
  }
  return tail;
}

function carryOver(from: VerifiedCredential, to: VerifiedCredential): void {
  if (from.lastUse !== undefined && to.lastUse !== undefined) to.lastUse.atMs = from.lastUse.atMs;
}
