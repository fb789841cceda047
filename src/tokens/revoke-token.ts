import type { Clock } from '../core/ports.ts';
import { entryExpirySeconds, writeReason } from '../revocation/entry.ts';
import { revokedTokenKey } from '../revocation/keys.ts';
import type { RevocationStore, TokenStore } from '../store/store.ts';

export interface RevokeTokenParts {
  /** The own issuer's name. */
  readonly issuer: string;
  readonly tokens: Pick<TokenStore, 'find'>;
  readonly revocations: Pick<RevocationStore, 'write'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
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
  async revoke(id: string, accountId: string): Promise<boolean> {
    const token = await this.parts.tokens.find(id);
    if (token === undefined || token.accountId !== accountId) return false;
    const at = Math.floor(this.parts.clock.wallMs() / 1000);
    await this.parts.revocations.write({
      key: revokedTokenKey(this.parts.issuer, id),
      value: writeReason({ at, by: accountId }),
      expiresAtSeconds: entryExpirySeconds(token.expiresAtSeconds, this.parts.clockSkewMs),
    });
    return true;
  }
}
