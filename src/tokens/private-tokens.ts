import type { AccountStore } from '../accounts/account-store.ts';
import type { Authority } from '../accounts/authority.ts';
import type { OwnIssuer } from '../config/config.ts';
import type { FieldError } from '../core/answer.ts';
import type { TokenUse } from '../core/verified-credential.ts';
import type { OwnTokenRevocation } from '../revocation/own-token-revocation.ts';
import type { RefusedRequest } from './issue-token.ts';
import type { LongestLife, ScopeRules } from './scope-rules.ts';
import type { TokenRecord, TokenStore } from './token.ts';
import type { ClockBehind, IssuedToken, NoAuthority, TokenMint } from './token-mint.ts';
import type { TokenView, TokenViews } from './token-views.ts';

/** Longest time that a token may go on beside the one it was rotated to, in seconds. */
export const MAX_OVERLAP_SECONDS = 7 * 86_400;

/** After so long a rotation broke off: whoever is slower gives nothing away, since another one may have finished it. */
const ROTATION_SECONDS = 15;

export interface PrivateTokensParts {
  readonly ttl: Pick<OwnIssuer['ttl'], 'privateMaxSeconds'>;
  readonly rules: ScopeRules;
  readonly accounts: Pick<AccountStore, 'findById'>;
  readonly tokens: Pick<TokenStore, 'rotate'>;
  readonly views: Pick<TokenViews, 'find'>;
  readonly mint: TokenMint;
  readonly revokeToken: Pick<OwnTokenRevocation, 'endRotated'>;
}

export interface PrivateTokenRequest {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly expiresAtSeconds: number;
}

export interface RotationRequest {
  /** Unix seconds. */
  readonly expiresAtSeconds: number;
  /** For how long the old token counts beside the new one. */
  readonly overlapSeconds: number;
}

/** Who asks to rotate a token. */
export interface Rotator {
  readonly authority: Authority;
  readonly use: TokenUse | 'password';
  readonly tokenId: string | undefined;
  /** Whether it may rotate every token of its account, and not only itself. */
  readonly managesTokens: boolean;
}

export type RotationOutcome =
  | (IssuedToken & { readonly name: string | undefined })
  | RefusedRequest
  | NoAuthority
  | ClockBehind
  /** Unknown, or another account's. */
  | { readonly outcome: 'not_found' }
  /** A private token may rotate itself alone. */
  | { readonly outcome: 'not_allowed' }
  | Conflict;

interface Conflict {
  readonly outcome: 'conflict';
  readonly message: string;
}

/** A token that is to take the place of an older one. */
interface Succession {
  readonly old: TokenView;
  /** The successor of a rotation that broke off. */
  readonly left: TokenView | undefined;
  /** The id of the successor that the older token names, which gives way. */
  readonly inPlaceOf: string | undefined;
  readonly heir: TokenRecord;
}

/** Private tokens: what people put into their servers' configuration (contract section 4). */
export class PrivateTokens {
  private readonly parts: PrivateTokensParts;

  constructor(parts: PrivateTokensParts) {
    this.parts = parts;
  }

  /**
   * There is no default for the end: whoever makes a token that lives long says how long.
   *
   * @param id of the token that is made; where the account has it already, that is shown again.
   */
  async create(
    authority: Authority,
    request: PrivateTokenRequest,
    id?: string,
  ): Promise<IssuedToken | RefusedRequest | NoAuthority | ClockBehind> {
    const { mint } = this.parts;
    const { accountId } = authority;
    const repeated = await mint.repeat(id, accountId);
    if (repeated !== undefined) return repeated;
    const dated = await mint.date(authority);
    if (dated.outcome === 'clock_behind') return dated;
    const { createdAtSeconds } = dated;
    const token = { id, accountId, use: 'private', ...request, createdAtSeconds } as const;
    const problem = await this.problemWith(token, undefined);
    return problem ?? (await mint.issue(mint.draft(token), authority));
  }

  /**
   * The new token has the old one's name and scopes. Where this rejects, the new one may be listed, and nobody has it:
   * whoever asks again, some seconds later, gets another one in its place, and both older ones end then.
   *
   * @param heirId id of the new token. Where that is the successor already, the rotation is finished, and it is shown again.
   */
  async rotate(id: string, rotator: Rotator, request: RotationRequest, heirId?: string): Promise<RotationOutcome> {
    const { mint } = this.parts;
    const old = await this.parts.views.find(rotator.authority.accountId, id);
    if (old === undefined) return { outcome: 'not_found' };
    if (!rotator.managesTokens && rotator.use !== 'login' && rotator.tokenId !== id) return { outcome: 'not_allowed' };
    const repeated = old.successor === heirId ? await mint.repeat(heirId, old.accountId) : undefined;
    if (repeated !== undefined) return this.finish(old, repeated, request);
    const message = whyNotRotated(old);
    if (message !== undefined) return conflict(message);
    const dated = await mint.date(rotator.authority);
    if (dated.outcome === 'clock_behind') return dated;
    const { createdAtSeconds } = dated;
    const { accountId, name, scopes } = old;
    const { expiresAtSeconds } = request;
    const drafted = {
      id: heirId,
      accountId,
      use: 'private',
      name,
      scopes,
      createdAtSeconds,
      expiresAtSeconds,
    } as const;
    const problem = await this.problemWith(drafted, rotator.tokenId === id ? old.expiresAtSeconds : undefined);
    if (problem !== undefined) return problem;
    const left = old.successor === undefined ? undefined : await this.parts.views.find(accountId, old.successor);
    const hindrance = left && whyNotReplaced(left, createdAtSeconds);
    if (hindrance !== undefined) return conflict(hindrance);
    const heir = mint.draft(drafted);
    // Before anything is written: the one who rotates itself would be left with a token that ended, and no other.
    const signed = await mint.sign(heir);
    const inPlaceOf = old.successor === heirId ? heirId : left?.id;
    const hitch = await this.succeed({ old, left, inPlaceOf, heir }, rotator.authority, request);
    return hitch ?? { ...signed, name };
  }

  /** Puts a token in the place of an older one, and of one that was left over by a rotation that broke off. */
  private async succeed(
    { old, left, inPlaceOf, heir }: Succession,
    authority: Authority,
    { overlapSeconds }: RotationRequest,
  ): Promise<NoAuthority | Conflict | undefined> {
    const { mint, tokens, revokeToken, views } = this.parts;
    const rotated = await tokens.rotate(old.id, heir, authority.accountVersion, inPlaceOf);
    if (rotated === 'account_changed') return { outcome: 'no_authority' };
    if (rotated === 'superseded') return conflict('the token was rotated already');
    // After a suspension, say. Half of the time is left for the other write, and the clock of whoever finishes it.
    if (mint.nowSeconds() - heir.createdAtSeconds > ROTATION_SECONDS / 2) {
      throw new Error(`the rotation of token "${old.id}" took too long: somebody else may finish it, so ask again`);
    }
    // Whoever revokes the older token from now on can see its successor; who did before must not be left with one.
    if ((await views.find(old.accountId, old.id))?.status === 'revoked') {
      await revokeToken.endRotated(heir, old.id, heir.createdAtSeconds);
      return conflict('the token is revoked');
    }
    // Nobody gets this successor. The older token stays, and its next rotation replaces the successor.
    if (await mint.hasEnded(authority)) return { outcome: 'no_authority' };
    if (left !== undefined) await revokeToken.endRotated(left, heir.id, heir.createdAtSeconds);
    await revokeToken.endRotated(old, heir.id, heir.createdAtSeconds + overlapSeconds);
    return undefined;
  }

  /** Ends the old token where the rotation broke off before that. */
  private async finish(
    old: TokenView,
    heir: IssuedToken,
    { overlapSeconds }: RotationRequest,
  ): Promise<RotationOutcome> {
    const endsSeconds = heir.createdAtSeconds + overlapSeconds;
    if (old.ending === undefined) await this.parts.revokeToken.endRotated(old, heir.id, endsSeconds);
    return { ...heir, name: old.name };
  }

  /** @param endsSeconds where a token rotates itself: its own end, past which it cannot reach. */
  private async problemWith(
    { accountId, scopes, createdAtSeconds, expiresAtSeconds }: Omit<TokenRecord, 'id'>,
    endsSeconds: number | undefined,
  ): Promise<RefusedRequest | NoAuthority | undefined> {
    const { accounts, rules, ttl } = this.parts;
    const account = await accounts.findById(accountId);
    if (account === undefined || account.disabled) return { outcome: 'no_authority' };
    const leftSeconds = (endsSeconds ?? Number.POSITIVE_INFINITY) - createdAtSeconds;
    const longest = rules.longestLife(scopes, Math.min(ttl.privateMaxSeconds, leftSeconds));
    const errors = [
      ...rules.check(scopes, new Set(account.scopes)),
      ...expiryErrors(expiresAtSeconds, createdAtSeconds, longest),
    ];
    return errors.length === 0 ? undefined : { outcome: 'refused', errors };
  }
}

/** Whether nothing stands in the way of a rotation, as far as the token itself tells. */
export function canRotate(token: TokenView): boolean {
  return whyNotRotated(token) === undefined;
}

/** One with a successor that has no end was left alone in the middle of its rotation. */
function whyNotRotated({ use, status, successor, ending }: TokenView): string | undefined {
  if (use !== 'private') return 'only a private token can be rotated';
  if (successor !== undefined && ending !== undefined) return `the token was rotated already, to ${successor}`;
  return status === 'active' ? undefined : `the token is ${status}`;
}

/** The successor of a rotation that broke off is replaced where nobody has it. */
function whyNotReplaced(left: TokenView, nowSeconds: number): string | undefined {
  const { id, status, ending, successor, lastUsedAtSeconds, createdAtSeconds } = left;
  const rotated = `the token was rotated already, to ${id}`;
  if (status !== 'active' || (ending ?? successor ?? lastUsedAtSeconds) !== undefined) return rotated;
  const waitSeconds = createdAtSeconds + ROTATION_SECONDS - nowSeconds;
  return waitSeconds > 0 ? `${rotated}; where that failed, ask again in ${waitSeconds} s` : undefined;
}

function conflict(message: string): Conflict {
  return { outcome: 'conflict', message };
}

function expiryErrors(expiresAtSeconds: number, nowSeconds: number, longest: LongestLife): FieldError[] {
  const field = 'expires_at';
  if (expiresAtSeconds <= nowSeconds) return [{ field, message: 'is not in the future' }];
  const latestSeconds = nowSeconds + longest.seconds;
  if (expiresAtSeconds <= latestSeconds) return [];
  const latest = `${new Date(latestSeconds * 1000).toISOString()}, the latest possible`;
  return [{ field, message: `is later than ${latest}${longest.of === undefined ? '' : ` for ${longest.of}`}` }];
}
