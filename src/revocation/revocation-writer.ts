import type { AccountStore } from '../accounts/account-store.ts';
import type { Who } from '../audit/actor.ts';
import { authorOf } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../core/ports.ts';
import { readReach } from '../core/revocation-entry.ts';
import { redact } from '../observe/log/redaction.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import type { RevocationStore } from '../revocation-set/revocation-store.ts';
import type { DatedTarget, RevocationTarget } from '../revocation-set/target.ts';
import { entryFor, entryKeyOf } from '../revocation-set/target.ts';
import type { TokenStore } from '../tokens/token.ts';

/** Longest reason, in characters. */
export const MAX_REASON_LENGTH = 500;

export interface RevocationWriterParts {
  readonly revocations: Pick<RevocationStore, 'write'>;
  readonly accounts: Pick<AccountStore, 'update'>;
  readonly tokens: Pick<TokenStore, 'end'>;
  /** The name of our own issuer, whose tokens have records; `undefined` without one. */
  readonly ownIssuer: string | undefined;
  readonly audit: Pick<AuditLog, 'revoked'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
}

/** Writes entries of the revocation set, and who did it and why into the audit log. */
export class RevocationWriter {
  private readonly parts: RevocationWriterParts;

  constructor(parts: RevocationWriterParts) {
    this.parts = parts;
  }

  /**
   * Resolves to the entry once the store has it. Writes it for a token that seems to have expired as well, because our
   * clock may be ahead. Rejects with `StoreError`. A mark never falls, so an earlier one changes nothing; its author and
   * reason are in the audit log only.
   *
   * @param reason at most {@link MAX_REASON_LENGTH} characters; a token in it is removed.
   */
  async revoke(target: RevocationTarget, who: Who, reason?: string): Promise<RevocationEntry> {
    const at = Math.floor(this.parts.clock.wallMs() / 1000);
    const why = reason === undefined ? {} : { reason: redact(reason) };
    const by = authorOf(who);
    const mark = target.kind === 'account' ? await this.raiseMark(target) : undefined;
    const dated = datedTarget(target, mark, at);
    const entry = mark ?? entryFor(dated, { at, by, ...why }, this.parts.clockSkewMs);
    if (mark === undefined) await this.parts.revocations.write(entry);
    this.parts.audit.revoked(who, dated, why.reason);
    const { ownIssuer, tokens } = this.parts;
    // The owner reads this record; the entry, which decides, disappears when the token expires.
    if (target.kind === 'token' && target.issuer === ownIssuer)
      await tokens.end(target.tokenId, { atSeconds: at, by, ...why });
    return entry;
  }

  /**
   * Raises the account's version together with its mark, so that no token survives: neither one that is being issued, nor
   * one of an instance whose clock is ahead. `undefined` if the store has no such account; then nothing is written.
   */
  private async raiseMark(
    target: RevocationTarget & { readonly kind: 'account' },
  ): Promise<RevocationEntry | undefined> {
    const updated = await this.parts.accounts.update(target.subject, {}, { mark: entryKeyOf(target) });
    return updated.outcome === 'updated' ? updated.mark : undefined;
  }
}

/** Dates a target. An account without a record gets the second of our clock. */
function datedTarget(target: RevocationTarget, mark: RevocationEntry | undefined, nowSeconds: number): DatedTarget {
  if (target.kind !== 'account') return target;
  const { issuer, subject } = target;
  const issuedUpToSeconds = mark === undefined ? nowSeconds : readReach(mark.key, mark.value).issuedUpToSeconds;
  return { kind: 'subject', issuer, subject, issuedUpToSeconds };
}
