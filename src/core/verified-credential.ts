import type { Check } from './check.ts';
import type { PresentedCredential } from './credential.ts';
import type { Instant } from './instant.ts';
import type { Reason } from './reason.ts';
import type { Standing } from './standing.ts';

/** Whom a verified credential speaks for, as upstreams are told. */
export interface Identity {
  /** The configured issuer's name; upstreams key on issuer and subject together. */
  readonly issuer: string;
  /** `sub`, or the account's id; absent where a token names nobody. */
  readonly subject: string | undefined;
  readonly tokenId: string | undefined;
  readonly scheme: 'bearer' | 'basic';
  readonly scopes: readonly string[];
}

/** The kinds of tokens of ours, as the claim `token_use` names them (contract section 4). */
export const TOKEN_USES = ['access', 'login', 'private'] as const;

export type TokenUse = (typeof TOKEN_USES)[number];

/**
 * All that is remembered of a verified credential, in one object. Whether it still counts is asked anew at every
 * decision: of the clock, of the configuration's generation, of its key and of its standings.
 */
export interface VerifiedCredential {
  readonly outcome: 'verified';
  readonly identity: Identity;
  readonly granted: ReadonlySet<string>;
  /** Which kind of our own credentials it is; `undefined` for everybody else's. */
  readonly use: TokenUse | 'password' | undefined;
  /** Of a password: the version of its account when it was found to be right. */
  readonly accountVersion?: number | undefined;
  /** Unix milliseconds from which it is expired, skew included; `Infinity` where it never is. */
  readonly validUntilMs: number;
  /** `iat` in Unix seconds; `-Infinity` where absent, so that any not-before mark ends it. */
  readonly issuedAtSeconds: number;
  /** The configuration under which it was verified. */
  readonly generation: number;
  /** Flipped in place when the key that verified it is no longer in force. */
  readonly key: KeyInForce;
  /** What names an opaque token without an id at its issuer: what its server reports of it, as one text. */
  readonly reported?: string | undefined;
  /** From this instant, by whichever clock reaches it first, it must be verified again; `undefined`: its key decides. */
  readonly reverifyAt?: Instant | undefined;
  /** Every entry of the revocation set that could end it. */
  readonly standings: Standing[];
  /** When it last let a request pass, for tokens of ours; set in place, and written to the store now and then. */
  readonly lastUse: LastUse | undefined;
}

/** When a token was last used. */
export interface LastUse {
  /** Unix milliseconds; `-Infinity` before the first time. */
  atMs: number;
}

/** Whether a verification key still counts. */
export interface KeyInForce {
  inForce: boolean;
}

/** A credential that was examined and turned away. */
export interface Refusal {
  readonly outcome: 'refused';
  readonly reason: Extract<
    Reason,
    'invalid_request' | 'token_invalid' | 'token_revoked' | 'credentials_invalid' | 'too_many_attempts' | 'unavailable'
  >;
  /** Which check failed, for the log and for operators; the client never reads it. */
  readonly check: Check;
  /** The configured issuer's name where one was chosen. */
  readonly issuer?: string | undefined;
  /** When to try again, where that is known. */
  readonly retryAfterSeconds?: number | undefined;
}

/** What is known of a presented credential. */
export type VerificationResult = VerifiedCredential | Refusal;

/** Looks a credential up without waiting. A hit means: every byte is the same as when it was verified. */
export interface CredentialCache {
  find(credential: PresentedCredential): VerificationResult | undefined;
}
