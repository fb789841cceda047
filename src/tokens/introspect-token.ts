import type { AccountStore } from '../accounts/account-store.ts';
import type { Decider } from '../core/ports.ts';
import type { Route } from '../core/route.ts';
import type { VerifiedCredential } from '../core/verified-credential.ts';
import { parseJwt } from '../verification/jwt.ts';

/** The one rule by which a token is judged that is not used: any that counts at all. */
export const ANY_TOKEN: Route = {
  pattern: '/',
  hosts: [],
  methods: [],
  requirement: { kind: 'authenticated' },
  issuers: undefined,
  basic: false,
  sufficient: undefined,
  shadow: false,
};

/** Who asks: an account, which may ask about its own tokens, or about everybody's. */
export interface Introspector {
  readonly accountId: string;
  readonly mayReadAll: boolean;
}

/** A token that counts now: what is known of it, what it says, and whose name it bears where it is ours. */
export interface ActiveToken {
  readonly outcome: 'active';
  readonly credential: VerifiedCredential;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly username: string | undefined;
}

/** `inactive` also for what the asker may not know of; `unavailable` where nobody can tell now. */
export type IntrospectionResult = ActiveToken | { readonly outcome: 'inactive' | 'unavailable' };

export interface IntrospectTokenParts {
  /** Decides by {@link ANY_TOKEN}. */
  readonly decider: Decider;
  readonly accounts: Pick<AccountStore, 'findById'>;
  /** The own issuer's name. */
  readonly issuer: string;
}

/** Tells whether a token would be taken now, by the same steps that decide a request. */
export class IntrospectToken {
  private readonly parts: IntrospectTokenParts;

  constructor(parts: IntrospectTokenParts) {
    this.parts = parts;
  }

  async introspect(token: string, { accountId, mayReadAll }: Introspector): Promise<IntrospectionResult> {
    const asked = { door: 'tokens', method: 'POST', host: '', path: '/', fromBrowser: false } as const;
    const decision = await this.parts.decider.decide({ ...asked, authorization: `Bearer ${token}` });
    if (decision.outcome === 'deny' && decision.reason === 'unavailable') return { outcome: 'unavailable' };
    const { credential } = decision;
    if (decision.outcome === 'deny' || credential === undefined) return { outcome: 'inactive' };
    const { issuer, subject } = credential.identity;
    const isOwn = issuer === this.parts.issuer;
    if (!mayReadAll && !(isOwn && subject === accountId)) return { outcome: 'inactive' };
    const account = isOwn && subject !== undefined ? await this.parts.accounts.findById(subject) : undefined;
    // It counts, so it was not too long.
    const parsed = parseJwt(token, Number.POSITIVE_INFINITY);
    const claims = typeof parsed === 'string' ? {} : parsed.payload;
    return { outcome: 'active', credential, claims, username: account?.name };
  }
}
