import type { PresentedCredential } from './credential.ts';
import type { Reason } from './reason.ts';
import type { Route } from './route.ts';
import type { VerifiedCredential } from './verified-credential.ts';

export interface Allow {
  readonly outcome: 'allow';
  /** `undefined` only where `shadow` let a request pass that met no route. */
  readonly route: Route | undefined;
  /** Whose request it is; `undefined` on a public route and where `shadow` let an unverified one pass. */
  readonly credential: VerifiedCredential | undefined;
  /** Under `shadow`: the denial that was recorded and not carried out. */
  readonly shadowed: Deny | undefined;
}

export interface Deny {
  readonly outcome: 'deny';
  readonly reason: Reason;
  readonly route: Route | undefined;
  /** The credential where one was verified before the denial. */
  readonly credential: VerifiedCredential | undefined;
  /** What exactly failed, for the log only. */
  readonly check: string;
  /** The configured issuer's name where one is known. */
  readonly issuer: string | undefined;
  /** Whether the answer may offer Basic beside Bearer. */
  readonly offersBasic: boolean;
  /** When to try again, where that is known. */
  readonly retryAfterSeconds?: number | undefined;
}

export type Decision = Allow | Deny;

/** What the core must be told before it can decide; met outside, after which it is asked again from the top. */
export type Need =
  | { readonly outcome: 'need'; readonly what: 'verification'; readonly credential: PresentedCredential }
  | { readonly outcome: 'need'; readonly what: 'standing'; readonly credential: VerifiedCredential };

/** The one maker of denials; `check` is for the log and holds no part of a credential. */
export function deny(reason: Reason, route: Route | undefined, check: string, issuer?: string): Deny {
  return { outcome: 'deny', reason, route, credential: undefined, check, issuer, offersBasic: false };
}
