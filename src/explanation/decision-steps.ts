import type { CheckOf, DecisionStep, Finding } from '../core/check.ts';
import { STEPS } from '../core/check.ts';
import { checkText } from '../core/check-text.ts';
import { conditionsText } from '../core/condition/conditions-text.ts';
import { placesText } from '../core/credential/places/places.ts';
import type { DroppedWords, VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Decision, Deny } from '../core/decision.ts';
import { droppedText } from '../core/finding/dropped-text.ts';
import type { FindingContext } from '../core/finding/finding-of.ts';
import { findingOf } from '../core/finding/finding-of.ts';
import type { Route } from '../core/route.ts';
import { needsText } from '../core/scope.ts';
import { timeOf } from '../lib/time-format.ts';
import { shown } from '../lib/wording.ts';

/** One step of a decision and what came of it, in words for an operator; holds no part of a credential. */
export interface Step {
  readonly name: DecisionStep;
  readonly outcome: 'passed' | 'failed' | 'not reached';
  readonly words: string;
  /** The check that failed, as the decision log calls it. */
  readonly check?: string;
  /** What the check found, and what it expected beside it. */
  readonly found?: string;
  readonly expected?: string;
  /** Of the step `scope`: the words of the token's scope claims that grant nothing, if there are any. */
  readonly dropped?: DroppedWords;
}

/** Explains a decision step by step. It reads the decision itself, so it cannot tell a different story. */
export function stepsOf(decision: Decision, context: FindingContext): readonly Step[] {
  const denial = denialOf(decision);
  const isPublic = denial === undefined && decision.route?.requirement.kind === 'public';
  const reached = isPublic ? STEPS.indexOf('route') + 1 : reachedBefore(denial);
  const credential = denial?.credential ?? decision.credential;
  return STEPS.map((name, index) => {
    if (name === denial?.step) return withDropped(failedStep(name, denial, context), credential);
    if (index >= reached) return { name, outcome: 'not reached', words: isPublic ? 'the route is public' : '' };
    return withDropped({ name, outcome: 'passed', words: passText(name, decision.route, credential) }, credential);
  });
}

function withDropped(step: Step, credential: VerifiedCredential | undefined): Step {
  const dropped = step.name === 'scope' ? credential?.dropped : undefined;
  return dropped === undefined ? step : { ...step, dropped };
}

function failedStep(name: DecisionStep, denial: Deny, context: FindingContext): Step {
  const finding = findingOf(denial, context);
  const words = failureText(denial, finding);
  return { name, outcome: 'failed', words, check: checkText(denial.check), ...finding };
}

/** The denial that a decision is, or that shadow mode recorded and did not enforce. */
export function denialOf(decision: Decision): Deny | undefined {
  return decision.outcome === 'deny' ? decision : decision.shadowed;
}

/** How many steps a request passed before it was denied. */
function reachedBefore(denial: Deny | undefined): number {
  const isAfterwards = denial === undefined || denial.step === 'call';
  return isAfterwards ? STEPS.length : STEPS.indexOf(denial.step);
}

const PATH_FAILURES: Readonly<Record<CheckOf<'path'>, string>> = {
  method: 'the method is not an upper-case word such as GET, and some servers read other spellings as one',
  path: 'two parsers could read it in different ways',
  'path encoding': 'two parsers could read it in different ways',
  'untrusted peer': 'the sender is not in trustedProxies, so nothing that it says of a request is believed',
  'no method': 'the gateway does not say the method',
  'several methods': 'the gateway says more than one method',
  'no host': 'the gateway does not say the host',
  'several hosts': 'the gateway says more than one host, or something other than a host',
  'no path': 'the gateway does not say the path',
  'several paths': 'the gateway says more than one path',
  'disguised header': 'a header has another spelling of a name that only Sallyport may set',
  'check too long': 'what the gateway says of the request is longer than the limit of its listener',
};

const ROUTE_FAILURES: Readonly<Record<CheckOf<'route'>, string>> = {
  route: 'no route matches the host, the path and the method',
  'cors origin': 'the rule for pages of other origins does not list the origin of this one',
  'cors method': 'the rule for pages of other origins does not list the method that the page announces',
  'cors header': 'the rule for pages of other origins does not list a header field that the page announces',
  'cors preflight not answered here': 'this gateway cannot send the answer to a preflight',
};

/** On a route without `credentials`: a token in another place is none. */
const AUTHORIZATION_ALONE = '; the route reads Authorization alone';

function failureText(denial: Deny, finding: Finding | undefined): string {
  const { credential, route } = denial;
  switch (denial.step) {
    case 'path':
      return PATH_FAILURES[denial.check];
    case 'route':
      return ROUTE_FAILURES[denial.check];
    case 'expiry':
      return `ended ${timeOf(credential?.validUntilMs)}, clock skew included${issuerText(denial)}${findingText(finding)}`;
    case 'revocation':
      return denial.reason === 'unavailable'
        ? checkFailed(denial, finding)
        : `an entry of the revocation set ends it${issuerText(denial)}`;
    case 'scope':
      if (denial.check !== 'scope') return checkFailed(denial, finding);
      return `needs ${needsText(denial.required ?? route?.requirement)}, has ${scopesOf(credential)}${issuerText(denial)}${droppedText(credential?.dropped, shown)}`;
    case 'credential':
      return `${checkFailed(denial, finding)}${denial.check === 'no credential' && finding === undefined ? AUTHORIZATION_ALONE : ''}`;
    case 'verification':
    case 'issuer':
    case 'condition':
    case 'proof':
    case 'call':
      return checkFailed(denial, finding);
  }
}

function checkFailed(denial: Deny, finding: Finding | undefined): string {
  return `failed check: ${checkText(denial.check)}${issuerText(denial)}${findingText(finding)}`;
}

function findingText(finding: Finding | undefined): string {
  return finding === undefined ? '' : `: ${finding.found}; ${finding.expected}`;
}

function issuerText({ issuer }: Deny): string {
  return issuer === undefined ? '' : `, issuer ${issuer}`;
}

function passText(name: DecisionStep, route: Route | undefined, credential: VerifiedCredential | undefined): string {
  switch (name) {
    case 'path':
      return 'every parser reads it the same way';
    case 'route':
      return route === undefined ? '' : `${route.pattern} needs ${needsOf(route)}`;
    case 'credential':
      return `one ${credential === undefined ? '' : `${credential.identity.scheme} `}credential${placesOf(route)}`;
    case 'verification':
      return credential === undefined ? '' : identityText(credential);
    case 'expiry':
      return endText(timeOf(credential?.validUntilMs));
    case 'issuer':
      return issuerTaken(route);
    case 'revocation':
      return `${credential?.standings.length ?? 0} entries could end it, none does`;
    case 'proof':
      return credential?.binding === undefined ? 'any bearer may use it' : 'the client has what it is bound to';
    case 'scope':
      return `has ${scopesOf(credential)}${droppedText(credential?.dropped, shown)}`;
    case 'condition':
      return route?.where === undefined ? 'the route has no conditions' : `meets ${conditionsText(route.where)}`;
  }
}

/** A route that reads Authorization alone needs no word about it. */
function placesOf(route: Route | undefined): string {
  return route?.credentialPlaces === undefined ? '' : `; the route reads ${placesText(route.credentialPlaces)}`;
}

function identityText({ identity }: VerifiedCredential): string {
  const { issuer, subject, tokenId } = identity;
  return [`issuer ${issuer}`, subject && `subject ${subject}`, tokenId && `token id ${tokenId}`]
    .filter(Boolean)
    .join(', ');
}

function scopesOf(credential: VerifiedCredential | undefined): string {
  return credential?.identity.scopes.join(', ') || 'no scopes';
}

function issuerTaken(route: Route | undefined): string {
  const issuer = route?.issuers === undefined ? 'the route takes any issuer' : 'the route takes this issuer';
  return route?.resource === undefined ? issuer : `${issuer}, and an audience is that of ${route.resource.name}`;
}

/** What a route requires, in words; at an MCP server, for the messages that call no tool. */
export function needsOf(route: Route | undefined): string {
  return needsText(route?.requirement);
}

function endText(time: string): string {
  return time === 'never' ? 'it does not expire' : `ends ${time}, clock skew included`;
}
