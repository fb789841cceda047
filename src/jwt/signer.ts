import { SignJWT } from 'jose';
import type { OwnIssuer } from '../config/config.ts';
import type { TokenUse } from '../core/known.ts';
import type { SigningKey } from './signing-keys.ts';

/** What a token of ours says beside who issued it (contract section 4). */
export interface OwnClaims {
  readonly tokenId: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly use: TokenUse;
  readonly issuedAtSeconds: number;
  readonly expiresAtSeconds: number;
}

/** Signs our own tokens: access tokens of RFC 9068's `at+jwt` type. */
export class TokenSigner {
  private readonly issuer: OwnIssuer;
  private readonly key: SigningKey;

  constructor(issuer: OwnIssuer, key: SigningKey) {
    this.issuer = issuer;
    this.key = key;
  }

  /** The compact token. The one place that makes one; nothing keeps it. */
  sign(claims: OwnClaims): Promise<string> {
    const jwt = new SignJWT({ scopes: [...claims.scopes], token_use: claims.use })
      .setProtectedHeader({ alg: this.key.algorithm, typ: 'at+jwt', kid: this.key.kid })
      .setIssuer(this.issuer.issuer)
      .setSubject(claims.subject)
      .setJti(claims.tokenId)
      .setIssuedAt(claims.issuedAtSeconds)
      .setExpirationTime(claims.expiresAtSeconds);
    if (this.issuer.audience !== undefined) jwt.setAudience([...this.issuer.audience]);
    return jwt.sign(this.key.signing);
  }
}
