import { LRUCache } from 'lru-cache';
import type { PresentedCredential } from '../core/credential.ts';
import type { CredentialCache, VerifiedCredential } from '../core/verified-credential.ts';

/**
 * Characters of a token's end by which it is found: 132 bits of its signature, which nobody chooses who cannot sign,
 * or of what an authorization server made up.
 * Hashing the whole token would cost more than the rest of the look-up.
 */
const TAIL_LENGTH = 22;
/** Memory for all of them: 100,000 tokens of 600 characters, or 14,000 of the longest kind. */
const MAX_BYTES = 256 * 1024 * 1024;
/** What a token takes beside its texts: the credential, its place in the cache, and its entries of the revocation set. */
const BYTES_EACH = 1_800;
/** What a scope takes beside its text, in the list and in the set. */
const BYTES_A_SCOPE = 64;

interface Entry {
  readonly token: string;
  readonly credential: VerifiedCredential;
}

/** Tokens that were verified, bounded in number and memory, the least recently used going first. */
export class TokenCache implements CredentialCache {
  /** Look-ups that found the token, and those that did not, since the start. */
  hits = 0;
  misses = 0;
  private readonly entries: LRUCache<string, Entry>;

  /**
   * @param maxTokens how many are remembered.
   * @param maxBytes how much memory they may take together, roughly: whoever asks for tokens may fill them with claims.
   */
  constructor(maxTokens: number, maxBytes = MAX_BYTES) {
    this.entries = new LRUCache({ max: maxTokens, maxSize: maxBytes, sizeCalculation: sizeOf });
  }

  /** How many are remembered now. */
  get size(): number {
    return this.entries.size;
  }

  find({ scheme, value }: PresentedCredential): VerifiedCredential | undefined {
    if (scheme !== 'bearer') return undefined;
    const entry = this.entries.get(value.slice(-TAIL_LENGTH));
    if (entry?.token !== value) {
      this.misses += 1;
      return undefined;
    }
    this.hits += 1;
    return entry.credential;
  }

  /** What was last remembered of a token, however long ago; counts as no look-up. */
  last(token: string): VerifiedCredential | undefined {
    const entry = this.entries.peek(token.slice(-TAIL_LENGTH));
    return entry?.token === token ? entry.credential : undefined;
  }

  /** Remembers a token that was verified; only ever called with such. */
  add(token: string, credential: VerifiedCredential): void {
    // A copy, so that the field value it was cut from is not kept alive with it.
    const own = Buffer.from(token, 'latin1').toString('latin1');
    const tail = own.slice(-TAIL_LENGTH);
    const before = this.entries.peek(tail);
    // Verified again, after a reload for one: what was not written yet of its use goes on.
    if (before?.token === own) carryOver(before.credential, credential);
    this.entries.set(tail, { token: own, credential });
  }

  /** Tokens of ours that were used after a moment, in Unix milliseconds: when last, by their ids. */
  usedSince(afterMs: number): ReadonlyMap<string, number> {
    const uses = new Map<string, number>();
    for (const { credential } of this.entries.values()) {
      const { lastUse, identity } = credential;
      if (lastUse !== undefined && lastUse.atMs > afterMs && identity.tokenId !== undefined) {
        uses.set(identity.tokenId, lastUse.atMs);
      }
    }
    return uses;
  }
}

/** About how many bytes an entry takes. Texts other than the token may have two bytes a character. */
function sizeOf({ token, credential: { identity, reported } }: Entry): number {
  const texts = [identity.subject, identity.tokenId, reported, ...identity.scopes];
  const characters = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  return BYTES_EACH + token.length + 2 * characters + BYTES_A_SCOPE * identity.scopes.length;
}

function carryOver(from: VerifiedCredential, to: VerifiedCredential): void {
  if (from.lastUse !== undefined && to.lastUse !== undefined) to.lastUse.atMs = from.lastUse.atMs;
}
