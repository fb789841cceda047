import type { Who } from '../audit/actor.ts';
import type { RevocationEntry } from '../revocation-set/entry.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import type { RefusedRevocation, RevocationRequest, RevocationWarning } from './revocation-request.ts';
import type { RevocationResolverParts } from './revocation-resolver.ts';
import { resolveRevocation } from './revocation-resolver.ts';
import type { RevocationWriter } from './revocation-writer.ts';
import type { TooManyUnrecorded, UnrecordedBudget } from './unrecorded-budget.ts';

export interface AdminRevocationParts {
  readonly resolver: RevocationResolverParts;
  readonly writer: Pick<RevocationWriter, 'revoke'>;
  readonly unrecorded: Pick<UnrecordedBudget, 'take'>;
}

export type AdminRevocationOutcome =
  | {
      readonly outcome: 'revoked';
      readonly revoked: readonly RevokedTarget[];
      readonly warnings: readonly RevocationWarning[];
    }
  | RefusedRevocation
  | TooManyUnrecorded;

/** A target, and the entry that the store has for it now. */
export interface RevokedTarget {
  readonly target: RevocationTarget;
  readonly entry: RevocationEntry;
}

/** Revokes what any configured issuer issued. The door has checked that the caller has the permission. */
export class AdminRevocation {
  private readonly parts: AdminRevocationParts;

  constructor(parts: AdminRevocationParts) {
    this.parts = parts;
  }

  /**
   * Resolves once the store has every entry, or to why nothing was written. Rejects with `StoreError`. Revokes invalid
   * credentials too: one that cannot be verified now may be valid later.
   *
   * @param reason at most `MAX_REASON_LENGTH` characters; a token in it is removed.
   */
  async revoke(request: RevocationRequest, who: Who, reason?: string): Promise<AdminRevocationOutcome> {
    const { resolver, writer, unrecorded } = this.parts;
    const resolution = await resolveRevocation(request, resolver);
    if (resolution.outcome === 'refused') return resolution;
    const { targets, warnings } = resolution;
    const isUnrecorded = warnings.some(({ warning }) => warning === 'no record');
    const tooMany = isUnrecorded && 'account' in who ? unrecorded.take(who.account) : undefined;
    if (tooMany !== undefined) return tooMany;
    const revoked: RevokedTarget[] = [];
    for (const target of 'account' in who ? targets : targets.map(trusted)) {
      revoked.push({ target, entry: await writer.revoke(target, who, reason) });
    }
    return { outcome: 'revoked', revoked, warnings };
  }
}

/** An operator does not make up ids, so instances remember the entry of an unrecorded one like any other. */
function trusted(target: RevocationTarget): RevocationTarget {
  if (target.kind !== 'token') return target;
  const { unrecorded: _, ...recorded } = target;
  return recorded;
}
