import { randomBytes } from 'node:crypto';
import type { CatalogueScope, OwnIssuer } from '../config/config.ts';
import type { Clock } from '../core/ports.ts';
import { ALL_ANY, covers, MANAGEMENT_SCOPES } from '../core/scope.ts';
import type { TokenSigner } from '../jwt/signer.ts';
import type { AccountStore, TokenStore } from '../store/store.ts';

const ID_LENGTH = 21;

export interface IssueTokenParts {
  readonly issuer: OwnIssuer;
  readonly catalogue: ReadonlyMap<string, CatalogueScope>;
  readonly accounts: Pick<AccountStore, 'findById'>;
  readonly tokens: Pick<TokenStore, 'add'>;
  readonly signer: TokenSigner;
  readonly clock: Pick<Clock, 'wallMs'>;
}

export interface TokenRequest {
  /** Seconds; the issuer's default where absent. */
  readonly ttlSeconds: number | undefined;
  readonly scopes: readonly string[];
}

export interface IssuedToken {
  readonly outcome: 'issued';
  readonly id: string;
  readonly accessToken: string;
  readonly expiresAtSeconds: number;
}

/** What is wrong with a request, field by field. */
export interface RefusedRequest {
  readonly outcome: 'refused';
  readonly errors: readonly FieldError[];
}

/** The account was removed while its credential was being used. */
export interface NoAccount {
  readonly outcome: 'no_account';
}

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** Issues access tokens (contract section 4): recorded first, then signed, so no token exists that cannot be listed. */
export class IssueToken {
  private readonly parts: IssueTokenParts;

  constructor(parts: IssueTokenParts) {
    this.parts = parts;
  }

  /** Scopes asked for must be in the catalogue and within the account's own, as the store has them now. */
  async issue(accountId: string, request: TokenRequest): Promise<IssuedToken | RefusedRequest | NoAccount> {
    const account = await this.parts.accounts.findById(accountId);
    if (account === undefined) return { outcome: 'no_account' };
    const scopes = [...new Set(request.scopes)];
    const maxTtlSeconds = this.maxTtlSeconds(scopes);
    const ttlSeconds = request.ttlSeconds ?? Math.min(this.parts.issuer.ttl.defaultSeconds, maxTtlSeconds);
    const errors = [
      ...this.scopeErrors(request.scopes, new Set(account.scopes)),
      ...ttlErrors(ttlSeconds, maxTtlSeconds),
    ];
    if (errors.length > 0) return { outcome: 'refused', errors };
    return this.record(accountId, scopes, ttlSeconds);
  }

  private async record(accountId: string, scopes: readonly string[], ttlSeconds: number): Promise<IssuedToken> {
    const id = randomBytes(ID_LENGTH).toString('base64url').slice(0, ID_LENGTH);
    const issuedAtSeconds = Math.floor(this.parts.clock.wallMs() / 1000);
    const expiresAtSeconds = issuedAtSeconds + ttlSeconds;
    const use = 'access';
    await this.parts.tokens.add({ id, accountId, use, scopes, createdAtSeconds: issuedAtSeconds, expiresAtSeconds });
    const claims = { tokenId: id, subject: accountId, scopes, use, issuedAtSeconds, expiresAtSeconds } as const;
    return { outcome: 'issued', id, accessToken: await this.parts.signer.sign(claims), expiresAtSeconds };
  }

  private maxTtlSeconds(scopes: readonly string[]): number {
    const limits = scopes.map((scope) => this.parts.catalogue.get(scope)?.maxTtlSeconds ?? Number.POSITIVE_INFINITY);
    return Math.min(this.parts.issuer.ttl.maxSeconds, ...limits);
  }

  private scopeErrors(scopes: readonly string[], granted: ReadonlySet<string>): FieldError[] {
    return scopes.flatMap((scope, index) => {
      const field = `scopes[${index}]`;
      if (!this.isKnown(scope)) return [{ field, message: `no such scope: ${JSON.stringify(scope)}` }];
      return covers(granted, scope) ? [] : [{ field, message: `the account does not have ${scope}` }];
    });
  }

  private isKnown(scope: string): boolean {
    return this.parts.catalogue.has(scope) || scope === ALL_ANY || MANAGEMENT_SCOPES.has(scope);
  }
}

function ttlErrors(ttlSeconds: number, maxTtlSeconds: number): FieldError[] {
  return ttlSeconds <= maxTtlSeconds
    ? []
    : [{ field: 'ttl', message: `${ttlSeconds} seconds is over the maximum of ${maxTtlSeconds}` }];
}
