import type { Clock } from '../core/ports.ts';
import type { Actor, Events, Operator } from '../observe/events.ts';
import { redact } from '../observe/redaction.ts';
import type { RevocationTarget } from '../revocation/target.ts';
import { entryFor } from '../revocation/target.ts';
import type { RevocationEntry, RevocationStore, TokenStore } from '../store/store.ts';

/** Longest reason, in characters. */
export const MAX_REASON_LENGTH = 500;

export interface RevokeParts {
  readonly revocations: Pick<RevocationStore, 'write'>;
  readonly tokens: Pick<TokenStore, 'end'>;
  /** The own issuer's name, to whose tokens the records belong; `undefined` where nothing of ours signs. */
  readonly ownIssuer: string | undefined;
  readonly events: Pick<Events, 'revoked'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly clockSkewMs: number;
}

/** Writes entries of the revocation set, and who did it and why into the audit log. */
export class Revoke {
  private readonly parts: RevokeParts;

  constructor(parts: RevokeParts) {
    this.parts = parts;
  }

  /**
   * Resolves once the store has it, to what was written; also for a token that seems to have ended by itself, because
   * our clock may be ahead. Rejects with `StoreError`. A mark only rises, so an earlier one changes nothing; its author
   * and reason are in the audit log alone.
   *
   * @param reason at most {@link MAX_REASON_LENGTH} characters; a token that somebody pasted into it is taken out.
   */
  async revoke(target: RevocationTarget, who: Actor | Operator, reason?: string): Promise<RevocationEntry> {
    const at = Math.floor(this.parts.clock.wallMs() / 1000);
    const why = reason === undefined ? {} : { reason: redact(reason) };
    const by = 'account' in who ? who.account : who.by;
    const entry = entryFor(target, { at, by, ...why }, this.parts.clockSkewMs);
    await this.parts.revocations.write(entry);
    this.parts.events.revoked(who, target, why.reason);
    const { ownIssuer, tokens } = this.parts;
    // For its owner to read: the entry, which is the truth, goes with the token.
    if (target.kind === 'token' && target.issuer === ownIssuer)
      await tokens.end(target.tokenId, { atSeconds: at, by, ...why });
    return entry;
  }
}
