import type { AccountStore } from '../accounts/account-store.ts';
import type { Authority } from '../accounts/authority.ts';
import type { Who } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { OwnIssuer } from '../config/config.ts';
import type { FieldError } from '../core/answer.ts';
import type { IssueOutcome, RefusedRequest } from './issue-token.ts';
import type { LongestLife, ScopeRules } from './scope-rules.ts';
import type { TokenRecord } from './token.ts';
import type { NoAuthority, TokenMint } from './token-mint.ts';

/** What decides whether a private token may be made. */
export interface PrivateTokenRules {
  readonly ttl: Pick<OwnIssuer['ttl'], 'privateMaxSeconds'>;
  readonly rules: ScopeRules;
  readonly accounts: Pick<AccountStore, 'findById'>;
}

export interface PrivateTokensParts extends PrivateTokenRules {
  readonly mint: TokenMint;
  readonly audit: Pick<AuditLog, 'tokenIssued'>;
}

export interface PrivateTokenRequest {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly expiresAtSeconds: number;
}

/** Makes private tokens: what people put into their servers' configuration (contract section 4). */
export class PrivateTokens {
  private readonly parts: PrivateTokensParts;

  constructor(parts: PrivateTokensParts) {
    this.parts = parts;
  }

  /**
   * There is no default for the end: who makes a token that lives long says how long.
   *
   * @param id of the new token. If the account has a token of this id already, this shows that one again.
   */
  async create(by: Who, authority: Authority, request: PrivateTokenRequest, id?: string): Promise<IssueOutcome> {
    const result = await this.make(authority, request, id);
    if (result.outcome === 'issued') this.parts.audit.tokenIssued(by, result);
    return result;
  }

  private async make(authority: Authority, request: PrivateTokenRequest, id?: string): Promise<IssueOutcome> {
    const { mint } = this.parts;
    const { accountId } = authority;
    const repeated = await mint.repeat(id, accountId);
    if (repeated !== undefined) return repeated;
    const dated = await mint.date(authority);
    if (dated.outcome === 'clock_behind') return dated;
    const { createdAtSeconds } = dated;
    const token = { id, accountId, use: 'private', ...request, createdAtSeconds } as const;
    const problem = await problemWithPrivateToken(token, this.parts);
    return problem ?? (await mint.issue(mint.draft(token), authority));
  }
}

/**
 * Why an account may not have this private token; `undefined` if it may.
 *
 * @param latestSeconds Unix second past which the token may not last, beside the limits of the configuration.
 */
export async function problemWithPrivateToken(
  { accountId, scopes, createdAtSeconds, expiresAtSeconds }: Omit<TokenRecord, 'id'>,
  { accounts, rules, ttl }: PrivateTokenRules,
  latestSeconds = Number.POSITIVE_INFINITY,
): Promise<RefusedRequest | NoAuthority | undefined> {
  const account = await accounts.findById(accountId);
  if (account === undefined || account.disabled) return { outcome: 'no_authority' };
  const longest = rules.longestLife(scopes, Math.min(ttl.privateMaxSeconds, latestSeconds - createdAtSeconds));
  const errors = [
    ...rules.check(scopes, new Set(account.scopes)),
    ...expiryErrors(expiresAtSeconds, createdAtSeconds, longest),
  ];
  return errors.length === 0 ? undefined : { outcome: 'refused', errors };
}

function expiryErrors(expiresAtSeconds: number, nowSeconds: number, longest: LongestLife): FieldError[] {
  const field = 'expires_at';
  if (expiresAtSeconds <= nowSeconds) return [{ field, message: 'is not in the future' }];
  const latestSeconds = nowSeconds + longest.seconds;
  if (expiresAtSeconds <= latestSeconds) return [];
  const latest = `${new Date(latestSeconds * 1000).toISOString()}, the latest possible`;
  return [{ field, message: `is later than ${latest}${longest.of === undefined ? '' : ` for ${longest.of}`}` }];
}
