import type { Actor } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../core/ports.ts';
import type { RevocationStore } from '../revocation-set/revocation-store.ts';
import type { OneToken } from '../revocation-set/target.ts';
import { entryFor } from '../revocation-set/target.ts';
import type { SigningKeyStore } from '../signing/signing-key-store.ts';
import type { TokenStore } from '../tokens/token.ts';
import { isTokenId, newTokenId } from '../tokens/token-mint.ts';
import type { RevocationWriter } from './revocation-writer.ts';
import type { UnrecordedBudget } from './unrecorded-tokens.ts';
import { unrecordedToken } from './unrecorded-tokens.ts';

export interface OwnTokenRevocationParts {
  /** The own issuer's name. */
  readonly issuer: string;
  readonly tokens: Pick<TokenStore, 'find' | 'end'>;
  readonly revocations: Pick<RevocationStore, 'write'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
  /** The longest life that the configuration gives a token now. */
  readonly longestTokenSeconds: number;
  readonly revoke: Pick<RevocationWriter, 'revoke'>;
  readonly signingKeys: Pick<SigningKeyStore, 'read'>;
  readonly unrecorded: Pick<UnrecordedBudget, 'take'>;
  readonly audit: Pick<AuditLog, 'foreignTokenLeft'>;
}

/** `too many` where the account has named too many ids without a record: nothing was written. */
export type RevokeOutcome = typeof DONE | TooManyUnrecorded;

export interface TooManyUnrecorded {
  readonly outcome: 'too many';
  readonly retryAfterSeconds: number;
}

const DONE = { outcome: 'done' } as const;

/** Revokes an account's own tokens. */
export class OwnTokenRevocation {
  private readonly parts: OwnTokenRevocationParts;

  constructor(parts: OwnTokenRevocationParts) {
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
   * Nobody can tell any more whose it is, but who revokes must not go on being exposed. Such ids have a budget, for each
   * account. Another account's token stays as it is, for the same budget and at the cost of the same work, so that the
   * answer does not tell whether there is such a token.
   */
  async revokeAnyway(tokenId: string, by: Actor): Promise<RevokeOutcome> {
    const { issuer, tokens, signingKeys, clock, longestTokenSeconds, revoke, unrecorded } = this.parts;
    const token = await tokens.find(tokenId);
    if (token?.accountId === by.account) {
      await revoke.revoke({ kind: 'token', issuer, tokenId, expiresAtSeconds: token.expiresAtSeconds }, by);
      return DONE;
    }
    if (token === undefined && !isTokenId(tokenId)) return DONE;
    const retryAfterSeconds = unrecorded.take(by.account);
    if (retryAfterSeconds > 0) return { outcome: 'too many', retryAfterSeconds };
    const nowSeconds = clock.wallMs() / 1000;
    const parts = { issuer, signingKeys, longestTokenSeconds, nowSeconds };
    if (token === undefined) await revoke.revoke(await unrecordedToken(tokenId, parts), by);
    else await this.leaveAlone(tokenId, by, await unrecordedToken(newTokenId(), parts));
    return DONE;
  }

  /** Writes an entry for an id that nobody has, and which the store may soon forget. */
  private async leaveAlone(tokenId: string, by: Actor, nobodys: OneToken): Promise<void> {
    const { revocations, tokens, clock, clockSkewMs, audit } = this.parts;
    const at = Math.floor(clock.wallMs() / 1000);
    const entry = entryFor({ ...nobodys, expiresAtSeconds: at }, { at, by: by.account }, clockSkewMs);
    await revocations.write(entry);
    audit.foreignTokenLeft(by, tokenId);
    if (nobodys.kind === 'token') await tokens.end(nobodys.tokenId, { atSeconds: at, by: by.account });
  }
}
