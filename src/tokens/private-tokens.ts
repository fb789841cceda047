import type { AccountStore } from '../accounts/account-store.ts';
import type { Authority } from '../accounts/authority.ts';
import type { Who } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import type { FieldError } from '../core/answer.ts';
import type { Assignment } from './idempotency.ts';
import type { IssueOutcome, RefusedRequest } from './issue-token.ts';
import type { LongestLife, ScopeRules } from './scope-rules.ts';
import type { TokenForm, TokenRecord } from './token.ts';
import type { NoAuthority, ShownOnce, TokenMint } from './token-mint.ts';

/** The rules for issuing a private token. */
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
  /** `key`: an opaque API key. Default: `jwt`. */
  readonly form?: TokenForm | undefined;
}

/** There are no API keys in this configuration. */
export interface NoKeys {
  readonly outcome: 'no_keys';
}

/** Issues private tokens, which people put into the configuration of their servers (contract section 4). */
export class PrivateTokens {
  private readonly parts: PrivateTokensParts;

  constructor(parts: PrivateTokensParts) {
    this.parts = parts;
  }

  /**
   * Issues a private token. The expiry has no default, because these tokens can be valid for a long time.
   *
   * @param assigned the id of the new token, and the seed of a new API key; random by default. If the account has a
   *   token with this id, returns that one again.
   */
  async create(
    by: Who,
    authority: Authority,
    request: PrivateTokenRequest,
    assigned: Assignment = {},
  ): Promise<IssueOutcome | ShownOnce | NoKeys> {
    const result = await this.make(authority, request, assigned);
    if (result.outcome === 'issued') this.parts.audit.tokenIssued(by, result);
    return result;
  }

  private async make(
    authority: Authority,
    { form, ...request }: PrivateTokenRequest,
    assigned: Assignment,
  ): Promise<IssueOutcome | ShownOnce | NoKeys> {
    const { mint } = this.parts;
    const { accountId } = authority;
    const repeated = await mint.repeatAny(assigned, accountId);
    if (repeated !== undefined) return repeated;
    const dated = await mint.date(authority);
    if (dated.outcome === 'clock_behind') return dated;
    const { createdAtSeconds } = dated;
    const token = { id: assigned.id, accountId, use: 'private', ...request, createdAtSeconds } as const;
    const problem = await problemWithPrivateToken(token, this.parts);
    if (problem !== undefined) return problem;
    if (form !== 'key') return await mint.issue(mint.draft(token), authority);
    const draft = mint.draftKey(token, assigned.seed);
    return draft === undefined ? { outcome: 'no_keys' } : await mint.issue(draft.record, authority, draft.key);
  }
}

/**
 * Returns the reason why an account must not have this private token, or `undefined`.
 *
 * @param latestSeconds the latest permitted expiry, in Unix seconds, in addition to the limits of the configuration.
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
  if (expiresAtSeconds <= nowSeconds) return [{ field, message: 'must be in the future' }];
  const latestSeconds = nowSeconds + longest.seconds;
  if (expiresAtSeconds <= latestSeconds) return [];
  const reason = longest.of === undefined ? '' : `, the maximum for ${longest.of}`;
  return [{ field, message: `must not be later than ${new Date(latestSeconds * 1000).toISOString()}${reason}` }];
}
