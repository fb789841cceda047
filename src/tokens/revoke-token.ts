import type { Clock } from '../core/ports.ts';
import type { Actor } from '../observe/events.ts';
import { writeBeginning } from '../revocation/entry.ts';
import { entryFor } from '../revocation/target.ts';
import type { RevocationStore, TokenRecord, TokenStore } from '../store/store.ts';
import type { Revoke } from './revoke.ts';
import { isTokenId } from './token-mint.ts';

export interface RevokeTokenParts {
  /** The own issuer's name. */
  readonly issuer: string;
  readonly tokens: Pick<TokenStore, 'find' | 'end'>;
  readonly revocations: Pick<RevocationStore, 'write'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
  /** How long a token can live of which nothing else is known. */
  readonly longestTokenSeconds: number;
  readonly revoke: Pick<Revoke, 'revoke'>;
}

/** Revokes an account's own tokens. */
export class RevokeToken {
  private readonly parts: RevokeTokenParts;

  constructor(parts: RevokeTokenParts) {
    this.parts = parts;
  }

  /**
   * Resolves once the store has the revocation. An unknown token and another account's are left alone, and the
   * caller is not told which it was: `false`.
   */
  async revoke(tokenId: string, by: Actor, reason?: string): Promise<boolean> {
    const token = await this.parts.tokens.find(tokenId);
    if (token === undefined || token.accountId !== by.account) return false;
    const { issuer, revoke } = this.parts;
    const { expiresAtSeconds } = token;
    await revoke.revoke({ kind: 'token', issuer, tokenId, expiresAtSeconds }, by, reason);
    return true;
  }

  /**
   * Does the same for callers who are told that it is done, whatever it was: so it also ends an id that has no record. The
   * store may have lost that, in a failover or with a backup that was put back, while the token itself still counts.
   * Nobody can tell any more whose it is, but who revokes must not go on being exposed.
   */
  async revokeAnyway(tokenId: string, by: Actor): Promise<void> {
    const { issuer, tokens, clock, longestTokenSeconds, revoke } = this.parts;
    const token = await tokens.find(tokenId);
    if (token === undefined ? !isTokenId(tokenId) : token.accountId !== by.account) return;
    const expiresAtSeconds = token?.expiresAtSeconds ?? Math.ceil(clock.wallMs() / 1000) + longestTokenSeconds;
    await revoke.revoke({ kind: 'token', issuer, tokenId, expiresAtSeconds }, by);
  }

  /**
   * Lets a token that was rotated count until the second `atSeconds`, and no longer. It is no revocation for the audit
   * log, which tells of the rotation.
   */
  async endRotated(token: TokenRecord, successor: string, atSeconds: number): Promise<void> {
    const { issuer, revocations, tokens, clock, clockSkewMs } = this.parts;
    const { id: tokenId, accountId: by, expiresAtSeconds } = token;
    const at = Math.floor(clock.wallMs() / 1000);
    const reason = `rotated to ${successor}`;
    const entry = entryFor({ kind: 'token', issuer, tokenId, expiresAtSeconds }, { at, by, reason }, clockSkewMs);
    await revocations.write(atSeconds > at ? { ...entry, value: writeBeginning(atSeconds) } : entry);
    await tokens.end(tokenId, { atSeconds, by, reason });
  }
}
