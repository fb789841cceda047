import type { AccountStore } from '../accounts/account-store.ts';
import type { Who } from '../audit/actor.ts';
import { authorOf } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../core/ports.ts';
import { StoreError } from '../core/ports.ts';
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
  readonly revocations: Pick<RevocationStore, 'write' | 'readEntries'>;
  readonly accounts: Pick<AccountStore, 'update'>;
  readonly tokens: Pick<TokenStore, 'end'>;
  /** The own issuer's name, to whose tokens the records belong; `undefined` where nothing of ours signs. */
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
   * Resolves once the store has it, to what was written; also for a token that seems to have ended by itself, because
   * our clock may be ahead. Rejects with `StoreError`. A mark only rises, so an earlier one changes nothing; its author
   * and reason are in the audit log alone.
   *
   * @param reason at most {@link MAX_REASON_LENGTH} characters; a token that somebody pasted into it is taken out.
   */
  async revoke(target: RevocationTarget, who: Who, reason?: string): Promise<RevocationEntry> {
    const at = Math.floor(this.parts.clock.wallMs() / 1000);
    const why = reason === undefined ? {} : { reason: redact(reason) };
    const by = authorOf(who);
    const dated = target.kind === 'account' ? await this.endAccount(target, at) : target;
    const entry = entryFor(dated, { at, by, ...why }, this.parts.clockSkewMs);
    // Of an account it stands already; to write it again changes nothing.
    await this.parts.revocations.write(entry);
    this.parts.audit.revoked(who, dated, why.reason);
    const { ownIssuer, tokens } = this.parts;
    // For its owner to read: the entry, which is the truth, goes with the token.
    if (target.kind === 'token' && target.issuer === ownIssuer)
      await tokens.end(target.tokenId, { atSeconds: at, by, ...why });
    return entry;
  }
  /**
   * Raises the account's version together with its mark, so that no token outlives this: neither one that is being made,
   * nor one of an instance whose clock is ahead. Where the store knows no such account, the mark is our clock's second.
   */
  private async endAccount(
    target: RevocationTarget & { readonly kind: 'account' },
    nowSeconds: number,
  ): Promise<DatedTarget> {
    const { accounts, revocations } = this.parts;
    const { issuer, subject } = target;
    const mark = entryKeyOf(target);
    if ((await accounts.update(subject, {}, { mark })) !== 'updated') {
      return { kind: 'subject', issuer, subject, issuedUpToSeconds: nowSeconds };
    }
    const [standing] = await revocations.readEntries([mark]);
    if (standing === undefined) throw new StoreError(`the mark of account "${subject}" has gone`);
    return { kind: 'subject', issuer, subject, issuedUpToSeconds: readReach(mark, standing.value).issuedUpToSeconds };
  }
}
