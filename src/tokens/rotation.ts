import type { AccountStore } from '../accounts/account-store.ts';
import type { Authority } from '../accounts/authority.ts';
import type { Who } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import type { TokenUse } from '../core/credential/verified-credential.ts';
import type { Clock } from '../core/ports.ts';
import { writeBeginning } from '../revocation-set/entry.ts';
import type { RevocationStore } from '../revocation-set/revocation-store.ts';
import { entryFor } from '../revocation-set/target.ts';
import type { Assignment } from './idempotency.ts';
import type { RefusedRequest } from './issue-token.ts';
import { problemWithPrivateToken } from './private-tokens.ts';
import type { ScopeRules } from './scope-rules.ts';
import type { TokenForm, TokenRecord, TokenStore } from './token.ts';
import { formOf } from './token.ts';
import type { ClockBehind, IssuedToken, NoAuthority, ShownOnce, TokenMint } from './token-mint.ts';
import { issuedKey } from './token-mint.ts';
import type { TokenView, TokenViews } from './token-views.ts';

/** The longest time for which a rotated token can stay valid beside its successor, in seconds. */
export const MAX_OVERLAP_SECONDS = 7 * 86_400;

/**
 * After this many seconds an unfinished rotation has broken off, and the next request can finish it or replace its
 * successor. A rotation that takes more than half of this time fails; the other half allows for the clock of another
 * instance.
 */
const ROTATION_SECONDS = 15;

export interface TokenRotationParts {
  /** The name of our own issuer. */
  readonly issuer: string;
  readonly ttl: Pick<OwnIssuer['ttl'], 'privateMaxSeconds'>;
  readonly rules: ScopeRules;
  readonly accounts: Pick<AccountStore, 'findById'>;
  readonly tokens: Pick<TokenStore, 'rotate' | 'end'>;
  readonly revocations: Pick<RevocationStore, 'write'>;
  readonly views: Pick<TokenViews, 'find' | 'view'>;
  readonly mint: TokenMint;
  readonly audit: Pick<AuditLog, 'tokenRotated'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
}

export interface RotationRequest {
  /** Unix seconds. */
  readonly expiresAtSeconds: number;
  /** How long the old token stays valid beside the new one. */
  readonly overlapSeconds: number;
}

/** The caller that rotates a token. */
export interface Rotator {
  readonly authority: Authority;
  readonly use: TokenUse | 'password';
  readonly tokenId: string | undefined;
  /** Whether it may rotate every token of its account, instead of only itself. */
  readonly managesTokens: boolean;
}

export type RotationOutcome =
  | (IssuedToken & { readonly name: string | undefined; readonly form: TokenForm })
  | RefusedRequest
  | NoAuthority
  | ClockBehind
  /** The token is unknown, or belongs to another account. */
  | { readonly outcome: 'not_found' }
  /** A private token may rotate only itself. */
  | { readonly outcome: 'not_allowed' }
  | RotationConflict;

/** The token cannot be rotated, or not at present. */
export interface RotationConflict {
  readonly outcome: 'conflict';
  readonly message: string;
}

/** A token that replaces an older one. */
interface Succession {
  readonly old: TokenView;
  /** The successor that an earlier, broken rotation left behind. */
  readonly abandoned: TokenView | undefined;
  /** The id of the successor that the old token names now, and which the new one replaces. */
  readonly inPlaceOf: string | undefined;
  readonly successor: TokenRecord;
}

/** Rotates private tokens: a new token replaces an old one, which ends at once or after an overlap. */
export class TokenRotation {
  private readonly parts: TokenRotationParts;

  constructor(parts: TokenRotationParts) {
    this.parts = parts;
  }

  /**
   * Issues a token with the old one's name and scopes, and ends the old one. If this rejects, the list of tokens may
   * show the new token, but no client has it. A request {@link ROTATION_SECONDS} later replaces it and ends both older
   * tokens.
   *
   * @param assigned the id of the new token, and the seed of a new API key; random by default. If the old token already
   *   has this successor, finishes the rotation and returns the successor again.
   */
  async rotate(
    by: Who,
    id: string,
    rotator: Rotator,
    request: RotationRequest,
    assigned: Assignment = {},
  ): Promise<RotationOutcome> {
    const result = await this.replace(id, rotator, request, assigned);
    if (result.outcome === 'issued') this.parts.audit.tokenRotated(by, id, result);
    return result;
  }

  private async replace(
    id: string,
    rotator: Rotator,
    request: RotationRequest,
    { id: successorId, seed }: Assignment,
  ): Promise<RotationOutcome> {
    const { mint, views } = this.parts;
    const old = await views.find(rotator.authority.accountId, id);
    if (old === undefined) return { outcome: 'not_found' };
    if (!rotator.managesTokens && rotator.use !== 'login' && rotator.tokenId !== id) return { outcome: 'not_allowed' };
    const repeated =
      old.successor === successorId ? await mint.repeatAny({ id: successorId, seed }, old.accountId) : undefined;
    if (repeated !== undefined) return this.finish(old, repeated, request);
    const message = whyNotRotated(old);
    if (message !== undefined) return conflict(message);
    const dated = await mint.date(rotator.authority);
    if (dated.outcome === 'clock_behind') return dated;
    const { createdAtSeconds } = dated;
    const { accountId, name, scopes } = old;
    const { expiresAtSeconds } = request;
    const terms = { accountId, use: 'private', name, scopes, createdAtSeconds, expiresAtSeconds } as const;
    // A token that rotates itself must not extend its own lifetime.
    const latestSeconds = rotator.tokenId === id ? old.expiresAtSeconds : undefined;
    const problem = await problemWithPrivateToken(terms, this.parts, latestSeconds);
    if (problem !== undefined) return problem;
    const abandoned = old.successor === undefined ? undefined : await views.find(accountId, old.successor);
    const objection = abandoned && whyNotReplaced(abandoned, createdAtSeconds);
    if (objection !== undefined) return conflict(objection);
    const draft = await this.draft({ id: successorId, ...terms }, old, seed);
    if (draft === undefined) return conflict('there are no API keys in this configuration (apiKeys)');
    const { successor, issued } = draft;
    const inPlaceOf = old.successor === successorId ? successorId : abandoned?.id;
    const failure = await this.succeed({ old, abandoned, inPlaceOf, successor }, rotator.authority, request);
    return failure ?? { ...issued, name, form: formOf(old) };
  }

  /**
   * Makes the successor in the form of the old token; `undefined` if that is not possible. A JWT is signed before anything
   * is written: otherwise a token that rotates itself could end without a successor.
   */
  private async draft(
    terms: Parameters<TokenMint['draft']>[0],
    old: TokenRecord,
    seed: string | undefined,
  ): Promise<{ readonly successor: TokenRecord; readonly issued: IssuedToken } | undefined> {
    const { mint } = this.parts;
    if (old.keyHash === undefined) {
      const successor = mint.draft(terms);
      return { successor, issued: await mint.sign(successor) };
    }
    const key = mint.draftKey(terms, seed);
    return key && { successor: key.record, issued: issuedKey(key.record, key.key) };
  }

  /** Replaces the old token, and the successor that an earlier, broken rotation left behind. */
  private async succeed(
    { old, abandoned, inPlaceOf, successor }: Succession,
    authority: Authority,
    { overlapSeconds }: RotationRequest,
  ): Promise<NoAuthority | RotationConflict | undefined> {
    const { mint, tokens, views } = this.parts;
    const { createdAtSeconds } = successor;
    const terms = { inPlaceOf, unrecordedUntilSeconds: createdAtSeconds - ROTATION_SECONDS };
    const rotated = await tokens.rotate(old.id, successor, authority.accountVersion, terms);
    if (rotated.outcome === 'account_changed') return { outcome: 'no_authority' };
    if (rotated.outcome === 'superseded') return conflict('the token was already rotated');
    // For example, because the process was suspended.
    if (mint.nowSeconds() - createdAtSeconds > ROTATION_SECONDS / 2) {
      throw new Error(`the rotation of token "${old.id}" took too long, so another request may finish it; try again`);
    }
    // From now on, a revocation of the old token also sees its successor. An earlier one must end the successor here.
    if ((await views.view(rotated.old))?.status === 'revoked') {
      await this.end(successor, old.id, createdAtSeconds);
      return conflict('the token is revoked');
    }
    // No client gets this successor. The old token stays valid, and its next rotation replaces the successor.
    if (await mint.hasEnded(authority)) return { outcome: 'no_authority' };
    if (abandoned !== undefined) await this.end(abandoned, successor.id, createdAtSeconds);
    await this.end(old, successor.id, createdAtSeconds + overlapSeconds);
    return undefined;
  }

  /** Ends the old token if the rotation broke off before it did so. */
  private async finish(
    old: TokenView,
    successor: IssuedToken | ShownOnce,
    { overlapSeconds }: RotationRequest,
  ): Promise<RotationOutcome> {
    if (successor.outcome === 'shown_once') return conflict(shownOnce(successor));
    const endsSeconds = successor.createdAtSeconds + overlapSeconds;
    if (old.ending === undefined) await this.end(old, successor.id, endsSeconds);
    return { ...successor, name: old.name, form: formOf(old) };
  }

  /** Ends a rotated token at the Unix second `atSeconds`. The audit log records the rotation, but no revocation. */
  private async end(token: TokenRecord, rotatedTo: string, atSeconds: number): Promise<void> {
    const { issuer, revocations, tokens, clock, clockSkewMs } = this.parts;
    const { id: tokenId, accountId: by, expiresAtSeconds } = token;
    const at = Math.floor(clock.wallMs() / 1000);
    const reason = `rotated to ${rotatedTo}`;
    const entry = entryFor({ kind: 'token', issuer, tokenId, expiresAtSeconds }, { at, by, reason }, clockSkewMs);
    await revocations.write(atSeconds > at ? { ...entry, value: writeBeginning(atSeconds) } : entry);
    await tokens.end(tokenId, { atSeconds, by, reason });
  }
}

/** Whether the token can be rotated in its present state. */
export function canRotate(token: TokenView): boolean {
  return whyNotRotated(token) === undefined;
}

/** If a token names a successor but has no end, its rotation broke off, so that another one may follow. */
function whyNotRotated({ use, status, successor, ending }: TokenView): string | undefined {
  if (use !== 'private') return 'only a private token can be rotated';
  if (successor !== undefined && ending !== undefined) return `the token was already rotated to ${successor}`;
  return status === 'active' ? undefined : `the token is ${status}`;
}

/** Why a repeated request does not show its API key again. */
export function shownOnce({ id }: ShownOnce): string {
  return `an earlier request created the API key ${id}, which is shown only once; rotate or revoke it`;
}

/** The successor of a broken rotation is replaced if no client can have it. */
function whyNotReplaced(abandoned: TokenView, nowSeconds: number): string | undefined {
  const { id, status, ending, successor, lastUsedAtSeconds, createdAtSeconds } = abandoned;
  const rotated = `the token was already rotated to ${id}`;
  if (status !== 'active' || (ending ?? successor ?? lastUsedAtSeconds) !== undefined) return rotated;
  const waitSeconds = createdAtSeconds + ROTATION_SECONDS - nowSeconds;
  return waitSeconds > 0 ? `${rotated}; if that failed, try again in ${waitSeconds} s` : undefined;
}

function conflict(message: string): RotationConflict {
  return { outcome: 'conflict', message };
}
