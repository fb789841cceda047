import type { Binding } from '../binding/binding.ts';
import type { ProofResult } from '../binding/proof.ts';
import type { Check, Finding } from '../check.ts';
import type { KeptClaims } from '../claims/claim-path.ts';
import type { Reason } from '../reason.ts';
import type { AccessRequest, Instant } from '../request.ts';
import type { Standing } from '../standing.ts';
import type { ForUpstreams } from '../upstream/upstream-token.ts';
import type { PresentedCredential } from './credential.ts';

/** The identity of a verified credential, as upstreams receive it. */
export interface Identity {
  /** The configured issuer's name; upstreams key on issuer and subject together. */
  readonly issuer: string;
  /** `sub`, or the account's id; `undefined` if the token has no subject. */
  readonly subject: string | undefined;
  readonly tokenId: string | undefined;
  /** `dpop` for a token that is bound to a key. */
  readonly scheme: 'bearer' | 'basic' | 'dpop';
  readonly scopes: readonly string[];
}

/** The kinds of our own tokens: the values of the claim `token_use` (contract section 4). */
export const TOKEN_USES = ['access', 'login', 'private', 'refresh'] as const;

/** The `typ` of our own refresh tokens, so that no verifier of access tokens takes one (RFC 8725, section 3.11). */
export const REFRESH_TYPE = 'rt+jwt';

export type TokenUse = (typeof TOKEN_USES)[number];

/**
 * All that is remembered of a verified credential, in one object. Every decision checks again whether it is still
 * valid, by the clock, the configuration's generation, its key and its standings.
 */
export interface VerifiedCredential {
  readonly outcome: 'verified';
  readonly identity: Identity;
  readonly granted: ReadonlySet<string>;
  /** The kind of one of our own credentials; `undefined` for those of other issuers. */
  readonly use: TokenUse | 'password' | undefined;
  /** For one of our own access tokens with a refresh token: the id of their family, whose end also ends it. */
  readonly family?: string | undefined;
  /** For one of our own refresh tokens: its number in its family, whose id is the token's. */
  readonly sequence?: number | undefined;
  /** Those of a token's audiences (`aud`) that a configured resource names; `undefined` for passwords, and if none is configured. */
  readonly audiences?: readonly string[] | undefined;
  /** What its scope claims say without effect, for `explain`; `undefined` if all of it grants something. */
  readonly dropped?: DroppedWords | undefined;
  /** The claims that later steps of a decision need; `undefined` if the configuration needs none. */
  readonly claims?: KeptClaims | undefined;
  /** What its client must prove to possess; `undefined` if any bearer may use it. */
  readonly binding?: Binding | undefined;
  /** For a password: the version of its account when it was verified. */
  readonly accountVersion?: number | undefined;
  /** Unix milliseconds from which it is expired, clock skew included; `Infinity` if it does not expire. */
  readonly validUntilMs: number;
  /** `iat` in Unix seconds; `-Infinity` if absent, so that any not-before mark ends it. */
  readonly issuedAtSeconds: number;
  /** The configuration under which it was verified. */
  readonly generation: number;
  /** Set to false in place when the key that verified it is no longer in force. */
  readonly key: KeyInForce;
  /** Identifies an opaque token without an id: what its server reports of it, as one string. */
  readonly reported?: string | undefined;
  /**
   * From this instant, by whichever clock reaches it first, it must be verified again; `undefined`: its key decides.
   */
  readonly reverifyAt?: Instant | undefined;
  /** Whether the issuer's word holds only for the decisions that waited for it (`introspection.cache: 0s`). */
  readonly uncacheable?: boolean | undefined;
  /** Every entry of the revocation set that could end it. */
  readonly standings: Standing[];
  /** What has been made of it for upstreams. */
  readonly upstream: ForUpstreams;
  /** When one of our own tokens was last used; set in place, and written to the store from time to time. */
  readonly lastUse: LastUse | undefined;
}

/** Words of a token's scope claims that grant nothing: no scope of its issuer has such a name, and no map translates them. */
export interface DroppedWords {
  /** The first of them, each once, printable and cut: they are whatever the issuer wrote. */
  readonly words: readonly string[];
  /** How many there are besides. */
  readonly more: number;
}

/** When a token was last used. */
export interface LastUse {
  /** Unix milliseconds; `-Infinity` before the first use. */
  atMs: number;
}

/** Whether a verification key is still in force. */
export interface KeyInForce {
  inForce: boolean;
}

/** A credential that was examined and refused. */
export interface Refusal {
  readonly outcome: 'refused';
  readonly reason: Extract<
    Reason,
    'invalid_request' | 'token_invalid' | 'token_revoked' | 'credentials_invalid' | 'too_many_attempts' | 'unavailable'
  >;
  /** Which check failed, for the log and for operators; the client never reads it. */
  readonly check: Check;
  /** What the check found and expected, if its name does not say it all. */
  readonly finding?: Finding | undefined;
  /** The configured name of the issuer, if one was chosen. */
  readonly issuer?: string | undefined;
  /** When to try again, if that is known. */
  readonly retryAfterSeconds?: number | undefined;
}

/** What is known of a presented credential. */
export type VerificationResult = VerifiedCredential | Refusal;

/** Looks up a credential synchronously. A hit means that every byte is the same as when it was verified. */
export interface CredentialCache {
  find(credential: PresentedCredential): VerificationResult | undefined;
  /** What the check of the request's DPoP proof showed, in the call that had it checked; `undefined` in any other. */
  proofOf?(request: AccessRequest): ProofResult | undefined;
}
