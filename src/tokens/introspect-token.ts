import type { AccountStore } from '../accounts/account-store.ts';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Decider, DecisionLimits } from '../core/ports.ts';
import { plainRoute } from '../core/route.ts';
import { parseJwt } from '../verification/jwt.ts';

/** The route by which introspection decides: it accepts every valid token. */
export const ANY_TOKEN = plainRoute({ pattern: '/', requirement: { kind: 'authenticated' } });

/** The account that introspects a token. */
export interface Introspector {
  /** `undefined` for a caller that is no account of ours. */
  readonly accountId: string | undefined;
  /** Whether it may introspect all tokens; otherwise it may introspect only its own. */
  readonly mayReadAll: boolean;
}

/** A token that is valid now. */
export interface ActiveToken {
  readonly outcome: 'active';
  readonly credential: VerifiedCredential;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The name of the account, for a token of our own issuer. */
  readonly username: string | undefined;
}

/** `inactive`: the token is not valid, or the caller may not see it. `unavailable`: it cannot be verified now. */
export type IntrospectionResult = ActiveToken | { readonly outcome: 'inactive' | 'unavailable' };

export interface IntrospectTokenParts {
  /** Decides by {@link ANY_TOKEN}. */
  readonly decider: Decider;
  /** The name of our own issuer, and its accounts; `undefined` if no issuer is our own. */
  readonly own: { readonly issuer: string; readonly accounts: Pick<AccountStore, 'findById'> } | undefined;
  /** For how long a token is accepted after it has expired. */
  readonly clockSkewMs: number;
}

/** Determines whether a token is valid now, by the same steps that decide a request (RFC 7662). */
export class IntrospectToken {
  private readonly parts: IntrospectTokenParts;

  constructor(parts: IntrospectTokenParts) {
    this.parts = parts;
  }

  /** @param limits those of a caller with less time than the decider has. */
  async introspect(
    token: string,
    { accountId, mayReadAll }: Introspector,
    limits?: DecisionLimits,
  ): Promise<IntrospectionResult> {
    const { decider, own } = this.parts;
    const request = { door: 'tokens', method: 'POST', host: '', path: '/', fromBrowser: false } as const;
    const decision = await decider.decide({ ...request, authorization: `Bearer ${token}` }, limits);
    if (decision.outcome === 'deny' && decision.reason === 'unavailable') return { outcome: 'unavailable' };
    const { credential } = decision;
    if (decision.outcome === 'deny' || credential === undefined) return { outcome: 'inactive' };
    const { issuer, subject } = credential.identity;
    const accounts = issuer === own?.issuer ? own.accounts : undefined;
    const isTheirs = accounts !== undefined && accountId !== undefined && subject === accountId;
    if (!mayReadAll && !isTheirs) return { outcome: 'inactive' };
    const account = subject === undefined ? undefined : await accounts?.findById(subject);
    // No limit: a token that is too long would have been denied above.
    const parsed = parseJwt(token, Number.POSITIVE_INFINITY);
    const claims = typeof parsed === 'string' ? this.timesOf(credential) : parsed.payload;
    return { outcome: 'active', credential, claims, username: account?.name };
  }

  /** Returns what is known of a token that is no JWT: when its server issued it, and when it expires. */
  private timesOf({ validUntilMs, issuedAtSeconds }: VerifiedCredential): ActiveToken['claims'] {
    const expiresAtSeconds = (validUntilMs - this.parts.clockSkewMs) / 1000;
    return {
      ...(Number.isFinite(issuedAtSeconds) ? { iat: issuedAtSeconds } : {}),
      ...(Number.isFinite(expiresAtSeconds) ? { exp: expiresAtSeconds } : {}),
    };
  }
}
