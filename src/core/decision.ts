import type { DpopOffer } from './binding/dpop-challenge.ts';
import type { PresentedProof } from './binding/proof.ts';
import type { Check, FailedCheck, Finding } from './check.ts';
import { stepOf } from './check.ts';
import type { FailedClaim } from './condition/route-conditions.ts';
import type { RulingQuestion } from './condition/ruling.ts';
import type { CorsFields } from './cors/cors-rule.ts';
import type { PresentedCredential } from './credential/credential.ts';
import type { Stripped } from './credential/places/stripped.ts';
import type { VerifiedCredential } from './credential/verified-credential.ts';
import type { Reason } from './reason.ts';
import type { Route } from './route.ts';
import type { Requirement } from './scope.ts';

export interface Allow {
  readonly outcome: 'allow';
  /** `undefined` only if shadow mode let a request pass that no route matches. */
  readonly route: Route | undefined;
  /** The verified credential; `undefined` on a public route, and if shadow mode let an unverified request pass. */
  readonly credential: VerifiedCredential | undefined;
  /** In shadow mode: the denial that was recorded and not enforced. */
  readonly shadowed: Deny | undefined;
  /**
   * How long the caller may keep the answer for the same method, host, path and credential, in whole milliseconds from
   * when it sent the request. 0: it must ask each time. See `keepTime`.
   */
  readonly keepMs: number;
  /**
   * The response fields of a browser's preflight that Sallyport answers itself, with 204: then nothing reaches the
   * upstream.
   */
  readonly preflight?: CorsFields | undefined;
  /** What the upstream must not receive: only on a route that reads credentials elsewhere than in Authorization. */
  readonly stripped?: Stripped | undefined;
  /** The nonce for the client's next DPoP proof, if it needs another one. */
  readonly nonce?: string | undefined;
}

/** A denial. `step` and `check` say what exactly failed; they are for the log and for operators only. */
export type Deny = FailedCheck & {
  readonly outcome: 'deny';
  readonly reason: Reason;
  readonly route: Route | undefined;
  /** The credential, if one was verified before the denial. */
  readonly credential: VerifiedCredential | undefined;
  /** The configured name of the issuer, if it is known. */
  readonly issuer: string | undefined;
  /** Whether the answer may offer Basic beside Bearer. */
  readonly offersBasic: boolean;
  /** How the answer offers DPoP; `undefined` if it does not. */
  readonly offersDpop?: DpopOffer | undefined;
  /** The nonce for the client's next DPoP proof, if it needs another one. */
  readonly nonce?: string | undefined;
  /** What the check of a refused credential found and expected. For other denials `findingOf` says it. */
  readonly finding?: Finding | undefined;
  /** For the check `where`: the claim that failed. */
  readonly failedClaim?: FailedClaim | undefined;
  /** When to try again, if that is known. */
  readonly retryAfterSeconds?: number | undefined;
  /** What the request required, if that is not what its route requires: on a route at an MCP server. */
  readonly required?: Requirement | undefined;
};

export type Decision = Allow | Deny;

/** What the core needs to know before it can decide. The authorizer meets the need and calls `authorize` again. */
export type Need =
  | { readonly outcome: 'need'; readonly what: 'verification'; readonly credential: PresentedCredential }
  | { readonly outcome: 'need'; readonly what: 'standing'; readonly credential: VerifiedCredential }
  | { readonly outcome: 'need'; readonly what: 'proof'; readonly proof: PresentedProof }
  | { readonly outcome: 'need'; readonly what: 'ruling'; readonly question: RulingQuestion }
  /** The credential is admitted; only its signed identity for the upstream is missing. */
  | { readonly outcome: 'need'; readonly what: 'upstream token'; readonly credential: VerifiedCredential };

/** Makes every denial. */
export function deny(reason: Reason, route: Route | undefined, check: Check, issuer?: string): Deny {
  const step = stepOf(check);
  // The compiler does not see that the step is the check's own.
  return { outcome: 'deny', reason, route, credential: undefined, step, check, issuer, offersBasic: false } as Deny;
}

/** Denies a request whose credential was verified. */
export function denyKnown(reason: Reason, route: Route, check: Check, credential: VerifiedCredential): Deny {
  return { ...deny(reason, route, check, credential.identity.issuer), credential };
}
