import { LRUCache } from 'lru-cache';
import type { VerificationKey } from '../keys.ts';

/** Anyone can invent tokens. In a cache of their own they evict only each other, never a good token. */
const MAX_TOKENS = 1_000;
/** Memory for all of them, in characters. */
const MAX_CHARACTERS = 2_000_000;

interface Entry {
  readonly tried: readonly VerificationKey[];
  readonly signer: VerificationKey | 'none';
}

/**
 * Who signed the tokens that were refused, so that a client which repeats one costs no second verification: most often its
 * token has expired. Everything else about such a token is checked again each time.
 */
export class RepeatedTokens {
  private readonly entries = new LRUCache<string, Entry>({
    max: MAX_TOKENS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_entry, token) => token.length,
  });

  /** Returns which of these keys verifies the token; `undefined` if that is not known of exactly these keys. */
  find(token: string, keys: readonly VerificationKey[]): VerificationKey | 'none' | undefined {
    if (this.entries.size === 0) return undefined;
    const entry = this.entries.get(token);
    if (entry === undefined || entry.tried.length !== keys.length) return undefined;
    return entry.tried.every((key, index) => key === keys[index]) ? entry.signer : undefined;
  }

  /** @param signer which of `tried` verifies the token. */
  add(token: string, tried: readonly VerificationKey[], signer: VerificationKey | 'none'): void {
    // A copy, because a slice would keep the whole header field in memory.
    this.entries.set(Buffer.from(token, 'latin1').toString('latin1'), { tried, signer });
  }
}
