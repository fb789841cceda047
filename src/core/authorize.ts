import { isDpop } from './binding/possession.ts';
import type { DpopTerms } from './binding/proof.ts';
import { prove } from './binding/prove.ts';
import type { EntryCheck } from './check.ts';
import { meetConditions } from './condition/meet-conditions.ts';
import { endOfAllow } from './condition/route-conditions.ts';
import type { CorsRule } from './cors/cors-rule.ts';
import { decidePreflight } from './cors/preflight.ts';
import type { Presented } from './credential/credential.ts';
import { presentsSeveral, readCredential } from './credential/credential.ts';
import { readPresented } from './credential/places/read-places.ts';
import { stripPlaces } from './credential/places/stripped.ts';
import type {
  CredentialCache,
  Refusal,
  VerificationResult,
  VerifiedCredential,
} from './credential/verified-credential.ts';
import type { Allow, Decision, Deny, Need } from './decision.ts';
import { deny, denyKnown } from './decision.ts';
import { keepTime } from './keep-time.ts';
import type { Knowledge } from './knowledge/knowledge.ts';
import { isPlainMethod } from './method.ts';
import { readPath } from './path.ts';
import type { AccessRequest, Instant, Moment } from './request.ts';
import { requirementOf } from './resource/mcp-rule.ts';
import { isMeantFor } from './resource/resource.ts';
import { kindOfEntry } from './revocation-entry.ts';
import type { Route, RouteMap } from './route.ts';
import { satisfies } from './scope.ts';
import type { Freshness } from './standing.ts';
import { isEnded, judgeAll } from './standing.ts';
import { hasUpstream, restOf, stateOf } from './upstream/upstream-token.ts';

/** What one configuration says about decisions. */
export interface Policy {
  /** Rises with every configuration. A credential that was verified under another one is verified again. */
  readonly generation: number;
  readonly routes: Pick<RouteMap, 'match'>;
  /** Unix milliseconds at which routes stop accepting Basic; `Infinity` without a sunset. */
  readonly basicUntilMs: number;
  /** How tokens that are bound to a key are accepted; `undefined` if they are not. */
  readonly dpop?: DpopTerms | undefined;
  /** Every route is in shadow. */
  readonly shadow: boolean;
  /** What pages of other origins may read of answers to requests that match no route. */
  readonly cors?: CorsRule | undefined;
  /** Whether upstreams receive a signed identity. False by default. */
  readonly signsIdentity?: boolean;
}

/**
 * Decides one request, or returns what it needs to know first. The steps, in this order (`STEPS`): path, route,
 * credential, verification, expiry, issuer and audience, revocation, proof, scope, condition. Then the upstream's signed
 * identity must be there. Pure: the same arguments give the same result. Once the need is met, the caller starts over with
 * a fresh moment.
 */
export function authorize(
  request: AccessRequest,
  policy: Policy,
  known: Knowledge,
  freshness: Freshness,
  moment: Moment,
): Decision | Need {
  if (request.flaw !== undefined) return deny('path_rejected', undefined, request.flaw);
  if (!isPlainMethod(request.method)) return deny('path_rejected', undefined, 'method');
  const path = readPath(request.path);
  if (path === undefined) return deny('path_rejected', undefined, 'path');

  const preflight =
    request.fields === undefined ? undefined : decidePreflight(request, path, policy.routes, policy.cors);
  if (preflight !== undefined) return isEnforceable(preflight) ? enforce(preflight, policy) : preflight;

  const route = policy.routes.match(request.host, request.method, path, request.scope);
  if (route === 'ambiguous') return deny('path_rejected', undefined, 'path encoding');
  if (route === 'none') return enforce(deny('route_denied', undefined, 'route'), policy);
  if (route.requirement.kind === 'public') return allow(route, undefined, undefined, 0);

  const takesBasic = route.basic && moment.wallMs < policy.basicUntilMs;
  const admitted = admit(request, route, path, takesBasic, policy, known, freshness, moment);
  if (admitted.outcome === 'verified') return pass(admitted, request, route, policy, known, freshness, moment);
  if (admitted.outcome === 'need' && moment.mayAsk) return admitted;
  const denial = admitted.outcome === 'need' ? deny('unavailable', route, `${admitted.what} not known`) : admitted;
  return enforce(withChallenges(denial, request, route, takesBasic, policy, known), policy);
}

/** The steps of a protected route: those of `permit`, then condition, and what the upstream must receive. */
function admit(
  request: AccessRequest,
  route: Route,
  path: string,
  takesBasic: boolean,
  policy: Policy,
  known: Knowledge,
  freshness: Freshness,
  moment: Moment,
): VerifiedCredential | Deny | Need {
  const permitted = permit(request, route, takesBasic, policy, known, freshness, moment);
  if (permitted.outcome !== 'verified') return permitted;
  const met = meetConditions(permitted, route, request, path, known, moment);
  return met.outcome === 'verified' ? withUpstreamToken(met, request, policy, moment) : met;
}

/** The steps credential, verification, expiry, issuer and audience, revocation, proof, scope. */
function permit(
  request: AccessRequest,
  route: Route,
  takesBasic: boolean,
  policy: Policy,
  known: CredentialCache,
  freshness: Freshness,
  moment: Moment,
): VerifiedCredential | Deny | Need {
  const presented = readPresented(request, route);
  if (presented.scheme === 'none') return deny('credentials_required', route, 'no credential');
  if (presented.scheme === 'several') return deny('invalid_request', route, 'several credentials');
  if (presented.scheme === 'misplaced') return deny(presented.reason, route, presented.check);

  if (policy.dpop === undefined && isDpop(presented)) return denyDpop(presented, route);

  const finding = 'value' in presented ? known.find(presented) : undefined;
  if (finding === undefined || isOutdated(finding, policy, moment)) return examine(presented, route, takesBasic);
  if (presented.scheme === 'basic' && !takesBasic) return deny('credentials_required', route, 'scheme');
  if (finding.outcome === 'refused') return denyRefused(finding, route);
  if ((finding.use === 'refresh') !== (route.takesRefresh === true)) {
    return denyKnown('token_invalid', route, 'token_type', finding);
  }
  if (moment.wallMs >= finding.validUntilMs) return denyKnown('token_expired', route, 'expired', finding);
  if (route.issuers !== undefined && !route.issuers.has(finding.identity.issuer)) {
    const reason = finding.identity.scheme === 'basic' ? 'credentials_invalid' : 'token_invalid';
    return denyKnown(reason, route, 'issuer not taken here', finding);
  }

  if (route.resource !== undefined && !isMeantFor(route.resource, finding.audiences)) {
    return denyKnown('token_invalid', route, 'audience not taken here', finding);
  }

  const verdict = judgeAll(finding.standings, finding.issuedAtSeconds, freshness, moment);
  if (verdict === 'revoked') return denyKnown('token_revoked', route, endOf(finding, moment), finding);
  if (verdict === 'unknown') return { outcome: 'need', what: 'standing', credential: finding };

  if (finding.binding !== undefined || route.bound !== undefined || isDpop(presented)) {
    const unproven = prove(request, route, presented, finding, policy.dpop !== undefined, known);
    if (unproven !== undefined) return unproven;
  }

  if (finding.use !== undefined && route.sufficient?.has(finding.use) === true) return finding;
  const required = requirementOf(route, request);
  if (typeof required === 'string') return denyKnown('route_denied', route, required, finding);
  if (!satisfies(finding.granted, required)) return denyKnown('scope_required', route, 'scope', finding);
  return finding;
}

/** What follows when nothing is left to check. */
function pass(
  credential: VerifiedCredential,
  request: AccessRequest,
  route: Route,
  policy: Policy,
  known: Knowledge,
  freshness: Freshness,
  moment: Moment,
): Allow {
  // For a DPoP proof, a new nonce if the client needs one.
  const nonce = credential.binding?.key === undefined ? undefined : known.proofOf?.(request)?.nonce;
  // One on a route with other places depends on fields by which no caller keeps answers.
  if (route.credentialPlaces !== undefined) {
    return { ...allow(route, credential, undefined, 0), stripped: stripPlaces(request, route.credentialPlaces), nonce };
  }
  const decision = allow(route, credential, undefined, keepOf(credential, route, request, policy, freshness, moment));
  return nonce === undefined ? decision : { ...decision, nonce };
}

/** A denial with what its challenges name and offer. */
function withChallenges(
  denial: Deny,
  request: AccessRequest,
  route: Route,
  takesBasic: boolean,
  policy: Policy,
  known: Knowledge,
): Deny {
  const naming = withRequirement(denial, route, request);
  const offering = policy.dpop === undefined ? naming : withDpop(naming, request, policy.dpop, known);
  return takesBasic && !request.fromBrowser ? { ...offering, offersBasic: true } : offering;
}

/** Challenges offer DPoP, and a client that used it reads its errors there. */
function withDpop(denial: Deny, request: AccessRequest, { algorithms }: DpopTerms, known: CredentialCache): Deny {
  const wasUsed = isDpop(readCredential(request.authorization));
  return { ...denial, offersDpop: { algorithms, wasUsed }, nonce: known.proofOf?.(request)?.nonce };
}

/** Shadow mode passes no path that two parsers could read differently. */
function isEnforceable(decision: Allow | Deny): decision is Deny {
  return decision.outcome === 'deny' && decision.reason !== 'path_rejected';
}

/** How long the caller may keep an allow; see `keepTime`. */
function keepOf(
  credential: VerifiedCredential,
  route: Route,
  { door }: AccessRequest,
  policy: Policy,
  freshness: Freshness,
  moment: Moment,
): number {
  // An answer on a route at an MCP server depends on the message too, and one under a CORS rule on the page.
  if (policy.shadow || route.shadow || route.mcp !== undefined || route.cors !== undefined) return 0;
  const endMs = endOfAllow(route.where, credential);
  if (policy.signsIdentity !== true || !hasUpstream(door)) return keepTime(credential, freshness, moment, endMs);
  // A kept answer holds the signed identity.
  const tokenEndMs = moment.wallMs + restOf(credential.upstream, moment);
  return keepTime(credential, freshness, moment, Math.min(endMs, tokenEndMs));
}

/** No request reaches an upstream without the signed identity that it expects. */
function withUpstreamToken(
  credential: VerifiedCredential,
  { door }: AccessRequest,
  { signsIdentity = false }: Policy,
  moment: Moment,
): VerifiedCredential | Need {
  if (!signsIdentity || !hasUpstream(door)) return credential;
  const state = stateOf(credential.upstream, moment);
  const suffices = state === 'fresh' || (state === 'late' && !moment.mayAsk);
  return suffices ? credential : { outcome: 'need', what: 'upstream token', credential };
}

/** In shadow mode a denial is recorded and the request passes without an identity. */
function enforce(denial: Deny, policy: Policy): Decision {
  return policy.shadow || denial.route?.shadow === true ? allow(denial.route, undefined, denial, 0) : denial;
}

/** Challenges name what the message required, so that a client can ask for all of it at once. */
function withRequirement(denial: Deny, route: Route, request: AccessRequest): Deny {
  if (route.mcp === undefined) return denial;
  const required = requirementOf(route, request);
  return typeof required === 'string' ? denial : { ...denial, required };
}

/** Whether a credential must be verified again: its configuration, its key or its verification is out of date. */
function isOutdated(finding: VerificationResult, policy: Policy, moment: Moment): boolean {
  if (finding.outcome !== 'verified') return false;
  return finding.generation !== policy.generation || !finding.key.inForce || isDue(finding.reverifyAt, moment);
}

function isDue(reverifyAt: Instant | undefined, { monotonicMs, wallMs }: Moment): boolean {
  return reverifyAt !== undefined && (monotonicMs >= reverifyAt.monotonicMs || wallMs >= reverifyAt.wallMs);
}

/** Without `dpop`, its scheme is like any other that is not accepted. */
function denyDpop(presented: Presented, route: Route): Deny {
  const isSeveral = 'value' in presented && presentsSeveral(presented.value);
  return isSeveral
    ? deny('invalid_request', route, 'several credentials')
    : deny('credentials_required', route, 'scheme');
}

/** A credential that is not known yet: refused by its form, or sent to be verified. */
function examine(presented: Presented, route: Route, takesBasic: boolean): Deny | Need {
  if (!('value' in presented)) return deny('credentials_required', route, 'scheme');
  if (presentsSeveral(presented.value)) return deny('invalid_request', route, 'several credentials');
  if (presented.scheme === 'basic' && !takesBasic) return deny('credentials_required', route, 'scheme');
  return { outcome: 'need', what: 'verification', credential: presented };
}

/** The check that the entry which ended the credential stands for. */
function endOf({ standings, issuedAtSeconds }: VerifiedCredential, { wallMs }: Moment): EntryCheck {
  const ending = standings.find((standing) => isEnded(standing, issuedAtSeconds, wallMs));
  return `revocation by ${kindOfEntry(ending?.key ?? '') ?? 'an entry'}`;
}

function allow(
  route: Route | undefined,
  credential: VerifiedCredential | undefined,
  shadowed: Deny | undefined,
  keepMs: number,
): Allow {
  return { outcome: 'allow', route, credential, shadowed, keepMs };
}

function denyRefused({ reason, check, finding, issuer, retryAfterSeconds }: Refusal, route: Route): Deny {
  return { ...deny(reason, route, check, issuer), finding, retryAfterSeconds };
}
