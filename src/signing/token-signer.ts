import { SignJWT } from 'jose/jwt/sign';
import type { OwnIssuer } from '../config/issuer-config.ts';
import type { TokenUse } from '../core/credential/verified-credential.ts';
import { REFRESH_TYPE } from '../core/credential/verified-credential.ts';
import type { SigningKey } from './signing-key.ts';

/** The claims of one of our own tokens, except the issuer and the audience (contract section 4). */
export interface OwnClaims {
  readonly tokenId: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly use: TokenUse;
  readonly issuedAtSeconds: number;
  readonly expiresAtSeconds: number;
  /** For an access token: the id of the family of its refresh token. */
  readonly family?: string | undefined;
  /** For a refresh token: its number in its family. */
  readonly sequence?: number | undefined;
}

/** Provides the key to sign with. */
export interface SigningKeys {
  /** Resolves to the key that signs now. Rejects if that cannot be determined. */
  current(): Promise<SigningKey>;
}

/** Signs our own tokens: access tokens of RFC 9068's `at+jwt` type, and refresh tokens of a type of their own. */
export class TokenSigner {
  private readonly issuer: OwnIssuer;
  private readonly keys: SigningKeys;

  constructor(issuer: OwnIssuer, keys: SigningKeys) {
    this.issuer = issuer;
    this.keys = keys;
  }

  /** Signs a token; resolves to its compact form (RFC 7519), which must not be stored. */
  async sign(claims: OwnClaims): Promise<string> {
    const { algorithm, kid, signing } = await this.keys.current();
    const { scopes, use, family, sequence } = claims;
    const kind = {
      token_use: use,
      ...(family === undefined ? {} : { family }),
      ...(sequence === undefined ? {} : { seq: sequence }),
    };
    const jwt = new SignJWT({ scopes: [...scopes], ...kind })
      .setProtectedHeader({ alg: algorithm, typ: use === 'refresh' ? REFRESH_TYPE : 'at+jwt', kid })
      .setIssuer(this.issuer.issuer[0])
      .setSubject(claims.subject)
      .setJti(claims.tokenId)
      .setIssuedAt(claims.issuedAtSeconds)
      .setExpirationTime(claims.expiresAtSeconds);
    if (this.issuer.audience !== undefined) jwt.setAudience([...this.issuer.audience]);
    return jwt.sign(signing);
  }
}
