import { LRUCache } from 'lru-cache';
import type { PresentedCredential } from '../core/credential/credential.ts';
import type { CredentialCache, VerifiedCredential } from '../core/credential/verified-credential.ts';
import { LONGEST_UPSTREAM_TOKEN } from '../core/upstream/upstream-token.ts';

/**
 * The last characters of a token are its cache key: 132 bits of its signature, which only the signer can choose, or of
 * an authorization server's random value. Hashing the whole token would cost more than the rest of the look-up.
 */
const TAIL_LENGTH = 22;
/** Memory for all tokens: enough for 55,000 tokens of 600 characters, or 13,000 of the longest ones. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Memory for one token besides its strings: the credential, its cache entry and its revocation entries. */
const BYTES_EACH = 1_800;
/** Memory for the encoded answer that is kept with a token, besides what it repeats. */
const BYTES_AN_ANSWER = 1_500;
/** A longer answer is not kept. */
const MOST_BYTES_AN_ANSWER = 4_800;
/** Memory for one scope besides its string, in the list and in the set. */
const BYTES_A_SCOPE = 64;
/** Memory for one character of the JSON of a kept list or object: `[]` is an object of its own. */
const BYTES_A_CHARACTER_OF_JSON = 32;

interface Entry {
  readonly token: string;
  readonly credential: VerifiedCredential;
}

/** Caches verified tokens, bounded in number and memory. Evicts the least recently used token first. */
export class TokenCache implements CredentialCache {
  /** Look-ups that found the token, and those that did not, since the start. */
  hits = 0;
  misses = 0;
  private readonly entries: LRUCache<string, Entry>;

  /**
   * @param maxTokens the most tokens to cache.
   * @param maxBytes the most memory they may use together, approximately: a client may be able to get tokens full of
   *   claims.
   */
  constructor(maxTokens: number, maxBytes = MAX_BYTES) {
    this.entries = new LRUCache({ max: maxTokens, maxSize: maxBytes, sizeCalculation: sizeOf });
  }

  /** The number of cached tokens. */
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

  /** Returns the cached credential of a token, even if it must be verified again. Does not count as a look-up. */
  last(token: string): VerifiedCredential | undefined {
    const entry = this.entries.peek(token.slice(-TAIL_LENGTH));
    return entry?.token === token ? entry.credential : undefined;
  }

  /** Caches a token. Must be called with verified tokens only. */
  add(token: string, credential: VerifiedCredential): void {
    // A copy, because a slice would keep the whole header field in memory.
    const own = Buffer.from(token, 'latin1').toString('latin1');
    const tail = own.slice(-TAIL_LENGTH);
    const before = this.entries.peek(tail);
    // When a token is verified again, for example after a reload, keep its last use until that is written.
    if (before?.token === own) carryOver(before.credential, credential);
    this.entries.set(tail, { token: own, credential });
  }

  /** Returns when our own tokens were last used, by token id, if after `afterMs`. All times are in Unix milliseconds. */
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

/** Estimates the bytes of an entry. Strings other than the token may need two bytes a character. */
function sizeOf({
  token,
  credential: { identity, reported, audiences = [], claims, dropped, binding, upstream },
}: Entry): number {
  const words = dropped?.words ?? [];
  const kept = claims === undefined ? [] : [...claims.values()];
  const keptBytes = kept.reduce((sum: number, value) => sum + bytesOf(value), 0);
  const strings = [
    identity.subject,
    identity.tokenId,
    reported,
    binding?.certificate,
    binding?.key,
    ...identity.scopes,
    ...audiences,
    ...words,
  ];
  const characters = strings.reduce((sum, string) => sum + (string?.length ?? 0), 0);
  // The answer repeats the strings, percent-encoded, in headers and in metadata, and the signed identity.
  const answer = Math.min(BYTES_AN_ANSWER + 4 * characters + keptBytes, MOST_BYTES_AN_ANSWER);
  const signed = upstream.isSigned === true ? signedBytes(characters + keptBytes) : 0;
  const entries = identity.scopes.length + kept.length + words.length;
  return BYTES_EACH + answer + 2 * signed + token.length + 2 * characters + keptBytes + BYTES_A_SCOPE * entries;
}

/**
 * The memory of the signed identity, which is made after the credential is cached: in base64url, with what the credential has,
 * its other members and an RSA signature.
 */
function signedBytes(bytes: number): number {
  return Math.min(LONGEST_UPSTREAM_TOKEN, 1_000 + Math.ceil((4 / 3) * bytes));
}

function bytesOf(claim: unknown): number {
  return JSON.stringify(claim).length * (typeof claim === 'object' ? BYTES_A_CHARACTER_OF_JSON : 2);
}

function carryOver(from: VerifiedCredential, to: VerifiedCredential): void {
  if (from.lastUse !== undefined && to.lastUse !== undefined) to.lastUse.atMs = from.lastUse.atMs;
}
