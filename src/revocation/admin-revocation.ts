import { findNamedAccount } from '../accounts/account-id.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Actor } from '../audit/actor.ts';
import type { IssuerConfig } from '../config/config.ts';
import type { FieldError } from '../core/answer.ts';
import type { Clock, TokenExaminer } from '../core/ports.ts';
import type { RevocationTarget } from '../revocation-set/target.ts';
import type { SigningKeyStore } from '../signing/signing-key-store.ts';
import type { TokenStore } from '../tokens/token.ts';
import { identifyToken } from './identify-token.ts';
import type { RevokeOutcome } from './own-token-revocation.ts';
import type { RevocationWriter } from './revocation-writer.ts';
import type { UnrecordedBudget } from './unrecorded-tokens.ts';
import { unrecordedToken } from './unrecorded-tokens.ts';

/** What is to be ended: of an issuer's name one token, one subject's, one key's, or all. */
export interface RevocationRequest {
  /** A configured issuer's name. */
  readonly issuer: string;
  readonly jti?: string | undefined;
  /** Of our own issuer an account, by its id, name or e-mail address. */
  readonly subject?: string | undefined;
  readonly kid?: string | undefined;
  /** Ends what was issued up to this Unix second; now, where it is absent. */
  readonly beforeSeconds?: number | undefined;
}

export interface AdminRevocationParts {
  readonly issuers: readonly Pick<IssuerConfig, 'name' | 'kind'>[];
  readonly accounts: Pick<AccountStore, 'find' | 'findById'>;
  readonly tokens: Pick<TokenStore, 'find'>;
  readonly examiner: TokenExaminer;
  /** Of a token that is looked at, in characters. */
  readonly maxTokenLength: number;
  readonly revoke: Pick<RevocationWriter, 'revoke'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly signingKeys: Pick<SigningKeyStore, 'read'>;
  /** The longest life that the configuration gives a token of ours now. */
  readonly longestTokenSeconds: number;
  readonly unrecorded: Pick<UnrecordedBudget, 'take'>;
}

export type AdminRevocationOutcome =
  | RevokeOutcome
  /** Nothing was written. */
  | { readonly outcome: 'refused'; readonly errors: readonly FieldError[] };

/** Revokes whatever an issuer of the configuration issued, for callers who may. */
export class AdminRevocation {
  private readonly parts: AdminRevocationParts;

  constructor(parts: AdminRevocationParts) {
    this.parts = parts;
  }

  /** Resolves once the store has it, or to why nothing was written. */
  async revoke(request: RevocationRequest, by: Actor, reason?: string): Promise<AdminRevocationOutcome> {
    const kind = this.parts.issuers.find(({ name }) => name === request.issuer)?.kind;
    if (kind === undefined) return refused('issuer', `no such issuer: ${JSON.stringify(request.issuer)}`);
    if (request.kid !== undefined && (kind === 'secrets' || kind === 'introspection')) {
      return refused('kid', 'the issuer has no keys with a kid');
    }
    const target = await this.targetOf(request, kind === 'signing');
    if (target === undefined) return refused('subject', 'no account has this id, name or e-mail address');
    const isUnrecorded = target.kind === 'token' && target.unrecorded === true;
    const retryAfterSeconds = isUnrecorded ? this.parts.unrecorded.take(by.account) : 0;
    if (retryAfterSeconds > 0) return { outcome: 'too many', retryAfterSeconds };
    await this.parts.revoke.revoke(target, by, reason);
    return { outcome: 'done' };
  }

  /**
   * Ends this very token, whether it is good or not: what cannot be verified now may be later. `false`, and nothing is
   * written, where it is of no kind that is taken here.
   */
  async revokeToken(token: string, by: Actor, reason?: string): Promise<boolean> {
    const identified = await this.identify(token);
    if (typeof identified === 'string') return false;
    for (const target of identified.targets) await this.parts.revoke.revoke(target, by, reason);
    return true;
  }

  /**
   * Ends a token of the account's own, whether or not the store still has its record; any other, whatever it is, is left
   * alone. `false` where nobody can tell now whether it is one of ours.
   */
  async revokeOwnToken(token: string, by: Actor): Promise<boolean> {
    // None of ours is opaque, so nobody need be asked about such a token.
    const identified = await identifyToken(token, { ...this.parts, takesOpaque: false });
    if (typeof identified === 'string') return true;
    const { targets, subject, unavailableAt } = identified;
    if (this.isOwn(unavailableAt)) return false;
    for (const target of targets) {
      const isTheirs = target.kind === 'token' && this.isOwn(target.issuer) && subject === by.account;
      if (isTheirs) await this.parts.revoke.revoke(target, by);
    }
    return true;
  }

  private isOwn(issuer: string | undefined): boolean {
    return this.parts.issuers.some(({ name, kind }) => name === issuer && kind === 'signing');
  }

  private identify(token: string) {
    const takesOpaque = this.parts.issuers.some(({ kind }) => kind === 'introspection');
    return identifyToken(token, { ...this.parts, takesOpaque });
  }

  /** `undefined` where the subject can be none of our issuer's: a mark for it would end nothing. */
  private async targetOf(request: RevocationRequest, isOwn: boolean): Promise<RevocationTarget | undefined> {
    const { issuer, jti, subject, kid } = request;
    if (jti !== undefined) {
      if (!isOwn) return { kind: 'token', issuer, tokenId: jti, expiresAtSeconds: undefined };
      const record = await this.parts.tokens.find(jti);
      if (record === undefined)
        return await unrecordedToken(jti, { ...this.parts, issuer, nowSeconds: this.nowSeconds() });
      return { kind: 'token', issuer, tokenId: jti, expiresAtSeconds: record.expiresAtSeconds };
    }
    if (kid !== undefined) return { kind: 'signing key', issuer, kid };
    const { beforeSeconds } = request;
    const issuedUpToSeconds = beforeSeconds ?? this.nowSeconds();
    if (subject === undefined) return { kind: 'issuer', issuer, issuedUpToSeconds };
    if (!isOwn) return { kind: 'subject', issuer, subject, issuedUpToSeconds };
    const id = (await findNamedAccount(subject, this.parts.accounts))?.id;
    if (id === undefined) return undefined;
    if (beforeSeconds === undefined) return { kind: 'account', issuer, subject: id };
    return { kind: 'subject', issuer, subject: id, issuedUpToSeconds };
  }

  private nowSeconds(): number {
    return Math.floor(this.parts.clock.wallMs() / 1000);
  }
}

function refused(field: string, message: string): AdminRevocationOutcome {
  return { outcome: 'refused', errors: [{ field, message }] };
}
