import { isDpop, missingProof } from './binding/possession.ts';
import type { DpopTerms } from './binding/proof.ts';
import type { Check, EntryCheck } from './check.ts';
import { endOfAllow, failedClaim, failedCondition } from './condition/route-conditions.ts';
import type { DecisionPointUse } from './condition/ruling.ts';
import type { RuledRequest } from './condition/ruling-question.ts';
import { questionOf } from './condition/ruling-question.ts';
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
import { deny } from './decision.ts';
import { keepTime } from './keep-time.ts';
import type { Knowledge } from './knowledge/knowledge.ts';
import { isPlainMethod } from './method.ts';
import { readPath } from './path.ts';
import type { Reason } from './reason.ts';
import type { AccessRequest, Instant, Moment } from './request.ts';
import { requirementOf } from './resource/mcp-rule.ts';
import { isMeantFor } from './resource/resource.ts';
import { kindOfEntry } from './revocation-entry.ts';
import type { Route, RouteMap } from './route.ts';
import { satisfies } from './scope.ts';
import type { Freshness, Verdict } from './standing.ts';
import { isEnded, judge } from './standing.ts';
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
 * Decides one request, or returns what it needs to know first. Pure: the same arguments give the same result. Once the
 * need is met, the caller starts over with a fresh moment.
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
  const identified = admit(request, route, takesBasic, policy, known, freshness, moment);
  const passed =
    identified.outcome === 'verified' ? meetConditions(identified, route, request, path, known, moment) : identified;
  const admitted = passed.outcome === 'verified' ? withUpstreamToken(passed, request, policy, moment) : passed;
  if (admitted.outcome === 'verified') {
    // For a DPoP proof, a new nonce if the client needs one.
    const nonce = admitted.binding?.key === undefined ? undefined : known.proofOf?.(request)?.nonce;
    // One on a route with other places depends on fields by which no caller keeps answers.
    if (route.credentialPlaces !== undefined) {
      return { ...allow(route, admitted, undefined, 0), stripped: stripPlaces(request, route.credentialPlaces), nonce };
    }
    const decision = allow(route, admitted, undefined, keepOf(admitted, route, request, policy, freshness, moment));
    return nonce === undefined ? decision : { ...decision, nonce };
  }
  if (admitted.outcome === 'need' && moment.mayAsk) return admitted;
  const denial = withRequirement(
    admitted.outcome === 'need' ? deny('unavailable', route, `${admitted.what} not known`) : admitted,
    route,
    request,
  );
  const offering = policy.dpop === undefined ? denial : withDpop(denial, request, policy.dpop, known);
  return enforce(takesBasic && !request.fromBrowser ? { ...offering, offersBasic: true } : offering, policy);
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

/** The steps of a protected route: credential, verification, expiry, issuer and audience, revocation, proof, scope. */
function admit(
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

  if (policy.dpop === undefined && isDpop(presented)) {
    const isSeveral = 'value' in presented && presentsSeveral(presented.value);
    return isSeveral
      ? deny('invalid_request', route, 'several credentials')
      : deny('credentials_required', route, 'scheme');
  }

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

  const verdict = judgeAll(finding, freshness, moment);
  if (verdict === 'revoked') return denyKnown('token_revoked', route, endOf(finding, moment), finding);
  if (verdict === 'unknown') return { outcome: 'need', what: 'standing', credential: finding };

  if (finding.binding !== undefined || route.bound !== undefined || isDpop(presented)) {
    const unproven = prove(request, route, presented, finding, policy, known);
    if (unproven !== undefined) return unproven;
  }

  if (finding.use !== undefined && route.sufficient?.has(finding.use) === true) return finding;
  const required = requirementOf(route, request);
  if (typeof required === 'string') return denyKnown('route_denied', route, required, finding);
  if (!satisfies(finding.granted, required)) return denyKnown('scope_required', route, 'scope', finding);
  return finding;
}

/** That the client possesses what its token is bound to. */
function prove(
  request: AccessRequest,
  route: Route,
  presented: Presented,
  finding: VerifiedCredential,
  { dpop }: Policy,
  known: CredentialCache,
): Deny | Need | undefined {
  if (!('value' in presented)) return deny('credentials_required', route, 'scheme');
  const missing = missingProof(presented, finding, request, route, dpop !== undefined, known.proofOf?.(request));
  if (missing === undefined) return undefined;
  if (missing.outcome === 'ask') return { outcome: 'need', what: 'proof', proof: missing.proof };
  return denyKnown('token_invalid', route, missing.check, finding);
}

/** The last step of a protected route: what it requires of the caller besides scopes. */
function meetConditions(
  credential: VerifiedCredential,
  route: Route,
  request: AccessRequest,
  path: string,
  known: Knowledge,
  moment: Moment,
): VerifiedCredential | Deny | Need {
  const { where } = route;
  if (where === undefined) return credential;
  const failed = failedCondition(where, credential, path, moment.wallMs);
  if (failed === undefined) {
    const { decisionPoint } = where;
    return decisionPoint === undefined
      ? credential
      : awaitRuling(
          decisionPoint,
          credential,
          route,
          { method: request.method, host: request.host, path },
          known,
          moment,
        );
  }
  if (failed !== 'where') return denyKnown('step_up_required', route, failed, credential);
  return {
    ...denyKnown('condition_failed', route, failed, credential),
    failedClaim: failedClaim(where, credential, path),
  };
}

/** Passes only what the policy decision point of the route permits. */
function awaitRuling(
  decisionPoint: DecisionPointUse,
  credential: VerifiedCredential,
  route: Route,
  request: RuledRequest,
  known: Knowledge,
  moment: Moment,
): VerifiedCredential | Deny | Need {
  const question = questionOf(decisionPoint, credential, route.pattern, request);
  if (question === undefined) return denyKnown('condition_failed', route, 'no subject', credential);
  const ruling = known.ruling?.(question, moment);
  switch (ruling?.outcome) {
    case undefined:
      return { outcome: 'need', what: 'ruling', question };
    case 'permitted':
      return credential;
    case 'refused':
      return denyKnown('condition_failed', route, 'ruling', credential);
    case 'failed': {
      const check = { name: 'decision point', decisionPoint: decisionPoint.name, failure: ruling.failure } as const;
      return denyKnown('unavailable', route, check, credential);
    }
  }
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

/** A credential that is not known yet: refused by its form, or sent to be verified. */
function examine(presented: Presented, route: Route, takesBasic: boolean): Deny | Need {
  if (!('value' in presented)) return deny('credentials_required', route, 'scheme');
  if (presentsSeveral(presented.value)) return deny('invalid_request', route, 'several credentials');
  if (presented.scheme === 'basic' && !takesBasic) return deny('credentials_required', route, 'scheme');
  return { outcome: 'need', what: 'verification', credential: presented };
}

function judgeAll(credential: VerifiedCredential, freshness: Freshness, moment: Moment): Verdict {
  let verdict: Verdict = 'clear';
  for (const standing of credential.standings) {
    const judged = judge(standing, credential.issuedAtSeconds, freshness, moment);
    if (judged === 'revoked') return 'revoked';
    if (judged === 'unknown') verdict = 'unknown';
  }
  return verdict;
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

function denyKnown(reason: Reason, route: Route, check: Check, credential: VerifiedCredential): Deny {
  return { ...deny(reason, route, check, credential.identity.issuer), credential };
}
