import type { AccountStore } from '../../accounts/account-store.ts';
import type { Authority } from '../../accounts/authority.ts';
import type { Who } from '../../audit/actor.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { OwnIssuer } from '../../config/issuer-config.ts';
import { REFRESH_SCOPE } from '../../core/scope.ts';
import type { RevocationTarget } from '../../revocation-set/target.ts';
import type { ScopeRules } from '../scope-rules.ts';
import type { TokenRecord, TokenStore } from '../token.ts';
import type { ClockBehind, IssuedToken, NoAuthority, TokenMint } from '../token-mint.ts';
import type { RefreshFamilies } from './refresh-families.ts';

/** Receives signs of an attack. */
export interface RefreshObserver {
  /** A refresh token was used a second time, so one of the two clients may have stolen it. Its family was ended. */
  refreshTokenReused(accountId: string, family: string): void;
}

export interface RefreshTokenParts {
  /** The name of our own issuer. */
  readonly issuer: string;
  readonly ttl: Pick<OwnIssuer['ttl'], 'maxSeconds'>;
  readonly families: RefreshFamilies;
  readonly rules: ScopeRules;
  readonly accounts: Pick<AccountStore, 'findById'>;
  readonly tokens: Pick<TokenStore, 'find' | 'advance'>;
  readonly mint: TokenMint;
  /** Writes the entry that ends a family, and its audit record. */
  readonly writer: { revoke(target: RevocationTarget, who: Who, reason: string): Promise<unknown> };
  readonly audit: Pick<AuditLog, 'tokenRefreshed' | 'refreshTokenReused'>;
  readonly observer: RefreshObserver;
}

/** A refresh token that was presented and verified. */
export interface PresentedRefreshToken {
  /** The id of its family. */
  readonly family: string;
  /** Its number in the family. */
  readonly sequence: number;
}

export type RefreshOutcome =
  | IssuedToken
  | NoAuthority
  | ClockBehind
  /** The token was used before. The family is revoked. */
  | { readonly outcome: 'reused' };

type Step = { readonly family: TokenRecord; readonly sequence: number; readonly authority: Authority };

const NO_AUTHORITY = { outcome: 'no_authority' } as const;
const REUSED = { outcome: 'reused' } as const;

/** Exchanges a refresh token for an access token and the next refresh token (RFC 9700, section 4.14.2). */
export class RefreshToken {
  private readonly parts: RefreshTokenParts;

  constructor(parts: RefreshTokenParts) {
    this.parts = parts;
  }

  /**
   * Each refresh token works once. A second use revokes its family before this resolves: one of the two uses may be a
   * thief's, and nothing tells which.
   *
   * @param id the id of the new access token; random by default. If an earlier attempt of the same request made it, its
   *   answer is given again.
   */
  async refresh(by: Who, authority: Authority, presented: PresentedRefreshToken, id?: string): Promise<RefreshOutcome> {
    const family = await this.parts.tokens.find(presented.family);
    if (family?.accountId !== authority.accountId || family.refreshes === undefined) return NO_AUTHORITY;
    const result = await this.exchange({ family, sequence: presented.sequence, authority }, id);
    if (result.outcome === 'issued') this.parts.audit.tokenRefreshed(by, { ...result, family: family.id });
    if (result.outcome === 'reused') await this.endFamily(by, family);
    return result;
  }

  private async exchange(step: Step, id?: string): Promise<RefreshOutcome> {
    const { mint, tokens, families } = this.parts;
    const { family, sequence, authority } = step;
    const next = sequence + 1;
    const found = id === undefined ? undefined : await tokens.find(id);
    const earlier = found?.family === family.id ? found : undefined;
    if (earlier !== undefined && family.refreshes === next) {
      const again = await mint.sign(earlier);
      return { ...again, refreshToken: await families.sign(family, next, earlier.createdAtSeconds), isRepeated: true };
    }
    if (family.refreshes !== sequence) return REUSED;
    const access = earlier === undefined ? await this.issue(step, id) : await mint.sign(earlier);
    if (access.outcome !== 'issued') return access;
    const { createdAtSeconds: issuedAtSeconds } = access;
    // Before the store moves on: a refresh that fails here can be repeated with the same token.
    const refreshToken = await families.sign(family, next, issuedAtSeconds);
    const expiresAtSeconds = issuedAtSeconds + families.ttlSeconds;
    const { id: familyId, accountId } = family;
    const advance = { id: familyId, accountId, from: sequence, issuedAtSeconds, expiresAtSeconds };
    const outcome = await tokens.advance(advance, authority.accountVersion);
    if (outcome === 'advanced') return { ...access, refreshToken };
    return outcome === 'superseded' ? REUSED : NO_AUTHORITY;
  }

  /** Issues the access token, with the scopes and the lifetime of the first one as far as they are still permitted. */
  private async issue({ family, authority }: Step, id?: string): Promise<IssuedToken | NoAuthority | ClockBehind> {
    const { mint, accounts, rules, ttl } = this.parts;
    const { accountId, scopes } = family;
    const account = await accounts.findById(accountId);
    const granted = new Set(account?.disabled === false ? account.scopes : []);
    if (!granted.has(REFRESH_SCOPE) || rules.check(scopes, granted).length > 0) return NO_AUTHORITY;
    const dated = await mint.date(authority);
    if (dated.outcome === 'clock_behind') return dated;
    const { createdAtSeconds } = dated;
    const longest = rules.longestLife(scopes, ttl.maxSeconds).seconds;
    const expiresAtSeconds = createdAtSeconds + Math.min(family.accessTtlSeconds ?? longest, longest);
    const access = {
      id,
      accountId,
      use: 'access',
      scopes,
      createdAtSeconds,
      expiresAtSeconds,
      family: family.id,
    } as const;
    return await mint.issue(mint.draft(access), authority);
  }

  /** The entry must outlive every token of the family, also those of a refresh that succeeds at this moment. */
  private async endFamily(by: Who, { id, accountId, expiresAtSeconds }: TokenRecord): Promise<void> {
    const { issuer, families, mint, writer, audit, observer } = this.parts;
    const latest = Math.max(expiresAtSeconds, mint.nowSeconds() + families.ttlSeconds);
    const target = { kind: 'token', issuer, tokenId: id, expiresAtSeconds: latest } as const;
    await writer.revoke(target, by, 'a refresh token was used twice');
    audit.refreshTokenReused(by, id);
    observer.refreshTokenReused(accountId, id);
  }
}
