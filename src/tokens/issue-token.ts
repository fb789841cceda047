import type { AccountStore } from '../accounts/account-store.ts';
import type { Authority } from '../accounts/authority.ts';
import type { Who } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import type { FieldError } from '../core/answer.ts';
import { REFRESH_SCOPE } from '../core/scope.ts';
import type { RefreshFamilies } from './refresh/refresh-families.ts';
import type { LongestLife, ScopeRules } from './scope-rules.ts';
import type { ClockBehind, IssuedToken, NoAuthority, TokenMint } from './token-mint.ts';

export interface IssueTokenParts {
  readonly ttl: OwnIssuer['ttl'];
  readonly rules: ScopeRules;
  readonly accounts: Pick<AccountStore, 'findById'>;
  readonly mint: TokenMint;
  /** Issues the refresh tokens; without it there are none. */
  readonly families?: RefreshFamilies | undefined;
  readonly audit: Pick<AuditLog, 'tokenIssued'>;
}

export interface TokenRequest {
  /** The lifetime in seconds; by default the issuer's default, but no more than the scopes allow. */
  readonly ttlSeconds: number | undefined;
  readonly scopes: readonly string[];
}

/** The request is invalid, with an error for each wrong field. */
export interface RefusedRequest {
  readonly outcome: 'refused';
  readonly errors: readonly FieldError[];
}

export type IssueOutcome = IssuedToken | RefusedRequest | NoAuthority | ClockBehind;

/** Issues access tokens (contract section 4) and writes an audit record of each. */
export class IssueToken {
  private readonly parts: IssueTokenParts;

  constructor(parts: IssueTokenParts) {
    this.parts = parts;
  }

  /**
   * Issues a token, with a refresh token for an account that has the scope for it. The requested scopes must be in the catalogue and covered by those that the account has now.
   *
   * @param id the id of the new token; random by default. If the account has a token with this id, returns that one
   *   again.
   */
  async issue(by: Who, authority: Authority, request: TokenRequest, id?: string): Promise<IssueOutcome> {
    const result = await this.make(authority, request, id);
    if (result.outcome === 'issued') this.parts.audit.tokenIssued(by, result);
    return result;
  }

  private async make(authority: Authority, { scopes, ttlSeconds }: TokenRequest, id?: string): Promise<IssueOutcome> {
    const { ttl, rules, accounts, mint, families } = this.parts;
    const { accountId } = authority;
    const repeated = await mint.repeat(id, accountId);
    if (repeated !== undefined) return (await families?.repeat(repeated)) ?? repeated;
    const account = await accounts.findById(accountId);
    if (account === undefined || account.disabled) return { outcome: 'no_authority' };
    const dated = await mint.date(authority);
    if (dated.outcome === 'clock_behind') return dated;
    const { createdAtSeconds } = dated;
    const longest = rules.longestLife(scopes, ttl.maxSeconds);
    const seconds = ttlSeconds ?? Math.min(ttl.defaultSeconds, longest.seconds);
    const errors = [...rules.check(scopes, new Set(account.scopes)), ...ttlErrors(seconds, longest)];
    if (errors.length > 0) return { outcome: 'refused', errors };
    const expiresAtSeconds = createdAtSeconds + seconds;
    const token = { id, accountId, use: 'access', scopes, createdAtSeconds, expiresAtSeconds } as const;
    if (families !== undefined && account.scopes.includes(REFRESH_SCOPE)) return await families.issue(token, authority);
    return await mint.issue(mint.draft(token), authority);
  }
}

function ttlErrors(ttlSeconds: number, longest: LongestLife): FieldError[] {
  if (ttlSeconds <= longest.seconds) return [];
  const message = `${ttlSeconds} seconds is over the maximum of ${longest.seconds}${longest.of === undefined ? '' : ` for ${longest.of}`}`;
  return [{ field: 'ttl', message }];
}
