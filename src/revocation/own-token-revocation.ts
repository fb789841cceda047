import type { Actor } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { RevocationStore } from '../revocation-set/revocation-store.ts';
import { entryFor } from '../revocation-set/target.ts';
import type { TokenStore } from '../tokens/token.ts';
import { isTokenId, newTokenId } from '../tokens/token-mint.ts';
import type { ResolvedRequest, RevocationResolverParts } from './revocation-resolver.ts';
import { resolveRevocation } from './revocation-resolver.ts';
import type { RevocationWriter } from './revocation-writer.ts';
import type { TooManyUnrecorded, UnrecordedBudget } from './unrecorded-budget.ts';

export interface OwnTokenRevocationParts {
  /** The own issuer's name. */
  readonly issuer: string;
  /** Knows our own issuer only. None of its tokens is opaque, so no authorization server receives a request. */
  readonly resolver: RevocationResolverParts;
  readonly writer: Pick<RevocationWriter, 'revoke'>;
  readonly unrecorded: Pick<UnrecordedBudget, 'take'>;
  readonly tokens: Pick<TokenStore, 'end'>;
  readonly revocations: Pick<RevocationStore, 'write'>;
  readonly audit: Pick<AuditLog, 'foreignTokenLeft'>;
  readonly clockSkewMs: number;
}

/** Nothing tells a token of another account from one that never existed. */
const DONE = { outcome: 'done' } as const;
const NOT_FOUND = { outcome: 'not_found' } as const;

/** Revokes an account's own tokens. Each method resolves once the store has what it writes, and rejects with `StoreError`. */
export class OwnTokenRevocation {
  private readonly parts: OwnTokenRevocationParts;

  constructor(parts: OwnTokenRevocationParts) {
    this.parts = parts;
  }

  /** Revokes a token in the account's list. An unknown id and that of another account's token are `not_found`. */
  async revoke(
    tokenId: string,
    by: Actor,
    reason?: string,
  ): Promise<{ readonly outcome: 'revoked' } | typeof NOT_FOUND> {
    const named = await this.resolveId(tokenId);
    if (named.account !== by.account) return NOT_FOUND;
    await this.write(named, by, reason);
    return { outcome: 'revoked' };
  }

  /**
   * Revokes a token by its id for a caller who gets the same answer for every id. An id without a record is revoked as
   * well: the store may have lost the record in a failover, or with an older backup, while the token is still valid. Each
   * account has a budget for such ids. Another account's token stays valid, but costs the same budget and the same work,
   * so that neither the answer nor its time tells whether there is such a token.
   */
  async revokeUnlisted(tokenId: string, by: Actor, reason?: string): Promise<typeof DONE | TooManyUnrecorded> {
    const named = await this.resolveId(tokenId);
    if (named.account === by.account) {
      await this.write(named, by, reason);
      return DONE;
    }
    if (named.account === undefined && !isTokenId(tokenId)) return DONE;
    const tooMany = this.parts.unrecorded.take(by.account);
    if (tooMany !== undefined) return tooMany;
    if (named.account === undefined) await this.write(named, by, reason);
    else await this.leaveAlone(tokenId, by);
    return DONE;
  }

  /**
   * Revokes the token that the caller presents, with or without a record, if it belongs to the caller's account. Every
   * other credential is left alone. `unavailable` if the token cannot be verified now and may be ours.
   */
  async revokePresented(token: string, by: Actor): Promise<typeof DONE | { readonly outcome: 'unavailable' }> {
    const { issuer, resolver } = this.parts;
    const presented = await resolveRevocation({ kind: 'credential', token }, resolver);
    if (presented.outcome === 'refused') return DONE;
    const isUnknown = presented.warnings.some((one) => one.warning === 'not verified' && one.unavailableAt === issuer);
    if (isUnknown) return { outcome: 'unavailable' };
    if (presented.account === by.account) await this.write(presented, by);
    return DONE;
  }

  private async resolveId(tokenId: string): Promise<ResolvedRequest> {
    const { issuer, resolver } = this.parts;
    const request = { kind: 'token', issuer, tokenId, expiresAtSeconds: undefined } as const;
    const resolution = await resolveRevocation(request, resolver);
    if (resolution.outcome === 'refused') throw new Error(`our own issuer is refused: ${resolution.problem.problem}`);
    return resolution;
  }

  private async write({ targets }: ResolvedRequest, by: Actor, reason?: string): Promise<void> {
    for (const target of targets) await this.parts.writer.revoke(target, by, reason);
  }

  /** Writes an entry for an id that no token has, and that the store may soon forget. */
  private async leaveAlone(tokenId: string, by: Actor): Promise<void> {
    const { issuer, revocations, tokens, resolver, clockSkewMs, audit } = this.parts;
    const at = Math.floor(resolver.clock.wallMs() / 1000);
    const decoyId = newTokenId();
    const decoy = { kind: 'token', issuer, tokenId: decoyId, expiresAtSeconds: at, unrecorded: true } as const;
    await revocations.write(entryFor(decoy, { at, by: by.account }, clockSkewMs));
    audit.foreignTokenLeft(by, tokenId);
    await tokens.end(decoyId, { atSeconds: at, by: by.account });
  }
}
