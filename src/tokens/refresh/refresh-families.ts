import type { Authority } from '../../accounts/authority.ts';
import { REFRESH_SCOPE } from '../../core/scope.ts';
import type { TokenSigner } from '../../signing/token-signer.ts';
import type { TokenRecord, TokenStore } from '../token.ts';
import type { IssuedToken, NoAuthority, TokenMint } from '../token-mint.ts';

export interface RefreshFamiliesParts {
  /** How long each refresh token is valid, in seconds. */
  readonly ttlSeconds: number;
  readonly mint: Pick<TokenMint, 'draft' | 'issue' | 'discard'>;
  readonly tokens: Pick<TokenStore, 'add' | 'find'>;
  readonly signer: Pick<TokenSigner, 'sign'>;
}

/**
 * Makes refresh tokens. All refresh tokens that follow each other, and the access tokens that came with them, are one
 * family. The family has one record, and its id is the `jti` of each of its refresh tokens, so whatever revokes one of
 * them revokes the family.
 */
export class RefreshFamilies {
  private readonly parts: RefreshFamiliesParts;

  constructor(parts: RefreshFamiliesParts) {
    this.parts = parts;
  }

  /** How long each refresh token is valid, in seconds. */
  get ttlSeconds(): number {
    return this.parts.ttlSeconds;
  }

  /** Issues an access token with the first refresh token of a new family, which is recorded before it. */
  async issue(
    access: Omit<TokenRecord, 'id'> & { readonly id?: string | undefined },
    authority: Authority,
  ): Promise<IssuedToken | NoAuthority> {
    const { mint, tokens, ttlSeconds } = this.parts;
    const { accountId, scopes, createdAtSeconds } = access;
    const family = mint.draft({
      accountId,
      use: 'refresh',
      scopes,
      createdAtSeconds,
      expiresAtSeconds: createdAtSeconds + ttlSeconds,
      accessTtlSeconds: access.expiresAtSeconds - createdAtSeconds,
      refreshes: 0,
    });
    if (!(await tokens.add(family, authority.accountVersion))) return { outcome: 'no_authority' };
    const issued = await mint.issue(mint.draft({ ...access, family: family.id }), authority);
    if (issued.outcome === 'issued') return { ...issued, refreshToken: await this.sign(family, 0, createdAtSeconds) };
    await mint.discard(family);
    return issued;
  }

  /** Adds the first refresh token to the repeated answer of {@link issue}, unless it was used meanwhile. */
  async repeat(issued: IssuedToken): Promise<IssuedToken> {
    const family = issued.family === undefined ? undefined : await this.parts.tokens.find(issued.family);
    if (family?.refreshes !== 0) return issued;
    return { ...issued, refreshToken: await this.sign(family, 0, issued.createdAtSeconds) };
  }

  /** Signs a refresh token of a family. @param sequence its number. */
  sign({ id, accountId }: TokenRecord, sequence: number, issuedAtSeconds: number): Promise<string> {
    const expiresAtSeconds = issuedAtSeconds + this.parts.ttlSeconds;
    const facts = { tokenId: id, subject: accountId, scopes: [REFRESH_SCOPE], use: 'refresh' } as const;
    return this.parts.signer.sign({ ...facts, issuedAtSeconds, expiresAtSeconds, sequence });
  }
}
