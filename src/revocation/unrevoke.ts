import { END_OF_TIME } from '../accounts/accounts.ts';
import type { Who } from '../audit/actor.ts';
import { authorOf } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../core/ports.ts';
import { isUndone, readReach, writeUndone } from '../core/revocation-entry.ts';
import { redact } from '../observe/log/redaction.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import type { RevocationStore } from '../revocation-set/revocation-store.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import { entryKeyOf } from '../revocation-set/target.ts';
import type { TokenStore } from '../tokens/token.ts';
import type { RefusedRevocation, RevocationRequest, RevocationWarning } from './revocation-request.ts';
import type { RevocationResolverParts } from './revocation-resolver.ts';
import { resolveRevocation } from './revocation-resolver.ts';

/** For how many seconds the store remembers that an entry without expiry was taken back. */
const REMEMBERED_SECONDS = 30 * 86_400;

export interface UnrevokeParts {
  readonly resolver: RevocationResolverParts;
  readonly revocations: Pick<RevocationStore, 'readEntries' | 'undo'>;
  readonly tokens: Pick<TokenStore, 'find' | 'forgetEnd'>;
  /** The name of our own issuer, whose tokens have records; `undefined` without one. */
  readonly ownIssuer: string | undefined;
  readonly audit: Pick<AuditLog, 'unrevoked'>;
  readonly clock: Pick<Clock, 'wallMs'>;
}

export type UnrevokeOutcome =
  | {
      readonly outcome: 'resolved';
      /** One for each entry that revokes what was named. */
      readonly results: readonly UnrevokeResult[];
      readonly warnings: readonly RevocationWarning[];
    }
  | RefusedRevocation;

/** What became of one entry. */
export type UnrevokeResult =
  /** `value` is what the entry said before. */
  | { readonly outcome: 'taken back'; readonly key: string; readonly value: string }
  /** There is no entry, or it was taken back before. */
  | { readonly outcome: 'not revoked'; readonly key: string }
  /** The token has a successor, so it stays revoked: its revocation may have replaced the entry of the rotation. */
  | { readonly outcome: 'rotated'; readonly key: string; readonly successor: string }
  /**
   * One of our own accounts: a new password, fewer scopes, disabling and removal raise its mark too, and nothing
   * distinguishes these from a revocation.
   */
  | { readonly outcome: 'account'; readonly key: string }
  /** Another process has changed the entry, and nothing was taken back. */
  | { readonly outcome: 'changed'; readonly key: string };

/**
 * Takes revocations back, for an operator. The entry stays, with a value that says so, because instances rewrite an
 * entry that is missing.
 */
export class Unrevoke {
  private readonly parts: UnrevokeParts;

  constructor(parts: UnrevokeParts) {
    this.parts = parts;
  }

  /**
   * Resolves once the store has the change. Other entries may still revoke the same tokens. Rejects with `StoreError`.
   *
   * @param reason at most `MAX_REASON_LENGTH` characters; a token in it is removed.
   */
  async unrevoke(request: RevocationRequest, who: Who, reason?: string): Promise<UnrevokeOutcome> {
    const resolution = await resolveRevocation(request, this.parts.resolver);
    if (resolution.outcome === 'refused') return resolution;
    const { targets, warnings } = resolution;
    const results: UnrevokeResult[] = [];
    for (const target of targets) results.push(await this.takeBack(target, who, reason));
    return { outcome: 'resolved', results, warnings };
  }

  private async takeBack(target: RevocationTarget, who: Who, reason?: string): Promise<UnrevokeResult> {
    const { revocations, tokens, ownIssuer, audit, clock } = this.parts;
    const key = entryKeyOf(target);
    const [entry] = await revocations.readEntries([key]);
    if (entry === undefined || isUndone(entry.value)) return { outcome: 'not revoked', key };
    if (isOwnAccount(target, ownIssuer) && !isMistyped(entry, clock.wallMs() / 1000))
      return { outcome: 'account', key };
    const ownTokenId = target.kind === 'token' && target.issuer === ownIssuer ? target.tokenId : undefined;
    const successor = ownTokenId === undefined ? undefined : (await tokens.find(ownTokenId))?.successor;
    if (successor !== undefined) return { outcome: 'rotated', key, successor };
    const at = clock.wallMs() / 1000;
    const why = reason === undefined ? {} : { reason: redact(reason) };
    const value = writeUndone({ at: Math.floor(at), by: authorOf(who), ...why, undoes: entry.value });
    // As long as an instance may remember the old entry and would rewrite it.
    const expiresAtSeconds = Math.max(entry.expiresAtSeconds ?? at + REMEMBERED_SECONDS, at);
    if (!(await revocations.undo(entry.value, { key, value, expiresAtSeconds }))) return { outcome: 'changed', key };
    audit.unrevoked(who, target, why.reason);
    if (ownTokenId !== undefined) await tokens.forgetEnd(ownTokenId);
    return { outcome: 'taken back', key, value: entry.value };
  }
}

function isOwnAccount(target: RevocationTarget, ownIssuer: string | undefined): boolean {
  return (target.kind === 'account' || target.kind === 'subject') && target.issuer === ownIssuer;
}

/** No change of an account sets a mark that is a day ahead or unreadable, but an operator may. */
function isMistyped({ key, value }: RevocationEntry, nowSeconds: number): boolean {
  return value !== END_OF_TIME && readReach(key, value).issuedUpToSeconds > nowSeconds + 86_400;
}
