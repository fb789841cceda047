import type { PresentedCredential } from './credential.ts';
import type { KnownCredential } from './known.ts';
import type { Route } from './route.ts';

/** Why a request is denied: the closed list of contract section 2. */
export const REASONS = [
  'credentials_required',
  'invalid_request',
  'token_invalid',
  'token_expired',
  'token_revoked',
  'credentials_invalid',
  'scope_required',
  'route_denied',
  'path_rejected',
  'too_many_attempts',
  'unavailable',
] as const;

export type Reason = (typeof REASONS)[number];

export interface Allow {
  readonly outcome: 'allow';
  /** `undefined` only where `shadow` let a request pass that met no route. */
  readonly route: Route | undefined;
  /** Whose request it is; `undefined` on a public route and where `shadow` let an unverified one pass. */
  readonly credential: KnownCredential | undefined;
  /** Under `shadow`: the denial that was recorded and not carried out. */
  readonly shadowed: Deny | undefined;
}

export interface Deny {
  readonly outcome: 'deny';
  readonly reason: Reason;
  readonly route: Route | undefined;
  /** The credential where one was verified before the denial. */
  readonly credential: KnownCredential | undefined;
  /** What exactly failed, for the log only. */
  readonly check: string;
  /** The configured issuer's name where one is known. */
  readonly issuer: string | undefined;
  /** Whether the answer may offer Basic beside Bearer. */
  readonly offersBasic: boolean;
}

export type Decision = Allow | Deny;

/** What the core must be told before it can decide; met outside, after which it is asked again from the top. */
export type Need =
  | { readonly outcome: 'need'; readonly what: 'verification'; readonly credential: PresentedCredential }
  | { readonly outcome: 'need'; readonly what: 'standing'; readonly credential: KnownCredential };
