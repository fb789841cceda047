import type { Decision, Deny } from '../core/decision.ts';
import type { Reason } from '../core/reason.ts';
import type { Route } from '../core/route.ts';
import { requiredScopes } from '../core/scope.ts';
import type { VerifiedCredential } from '../core/verified-credential.ts';
import { timeOf } from '../lib/time-format.ts';

/** The steps of `authorize`, in its order. */
const STEPS = ['path', 'route', 'credential', 'verification', 'expiry', 'issuer', 'revocation', 'scope'] as const;

export type StepName = (typeof STEPS)[number];

/** What became of one step of a decision, in words for an operator; holds no part of a credential. */
export interface Step {
  readonly name: StepName;
  readonly outcome: 'passed' | 'failed' | 'not reached';
  readonly words: string;
}

/** The step at which each reason arises, where its check does not say otherwise. */
const STEP_OF: Readonly<Record<Reason, StepName>> = {
  path_rejected: 'path',
  route_denied: 'route',
  credentials_required: 'credential',
  invalid_request: 'credential',
  token_invalid: 'verification',
  credentials_invalid: 'verification',
  too_many_attempts: 'verification',
  token_expired: 'expiry',
  token_revoked: 'revocation',
  scope_required: 'scope',
  unavailable: 'verification',
};

/** A decision, step by step. It is read off the decision itself, so it cannot tell another story than was decided. */
export function stepsOf(decision: Decision): readonly Step[] {
  const denial = decision.outcome === 'deny' ? decision : decision.shadowed;
  const failed = denial === undefined ? undefined : stepOf(denial);
  const isPublic = denial === undefined && decision.route?.requirement.kind === 'public';
  const last = isPublic ? 'route' : failed;
  const reached = last === undefined ? STEPS.length : STEPS.indexOf(last) + 1;
  return STEPS.map((name, index) => {
    if (index >= reached) return { name, outcome: 'not reached', words: isPublic ? 'the route is public' : '' };
    if (name === failed && denial !== undefined) return { name, outcome: 'failed', words: wordsOfFailure(denial) };
    return { name, outcome: 'passed', words: wordsOfPass(name, decision.route, credentialOf(decision, denial)) };
  });
}

function credentialOf(decision: Decision, denial: Deny | undefined): VerifiedCredential | undefined {
  return denial?.credential ?? decision.credential;
}

function stepOf({ reason, check }: Deny): StepName {
  if (check === 'issuer not taken here') return 'issuer';
  if (reason === 'unavailable' && check.startsWith('standing')) return 'revocation';
  return STEP_OF[reason];
}

/** Where a reason has one cause alone, the words for it. */
const WORDS: Readonly<Partial<Record<Reason, string>>> = {
  path_rejected: 'two parsers could read it in two ways',
  route_denied: 'no rule lists the path with this method',
  token_revoked: 'an entry of the revocation set ends it',
};

function wordsOfFailure({ reason, check, issuer, credential, route }: Deny): string {
  if (check === 'method') return 'methods are upper-case words, and some servers read other spellings as one of them';
  const whose = issuer === undefined ? '' : `, issuer ${issuer}`;
  if (reason === 'scope_required') return `needs ${needsOf(route)}, has ${scopesOf(credential)}${whose}`;
  if (reason === 'token_expired') return `ended ${timeOf(credential?.validUntilMs)}, clock skew included${whose}`;
  return `${WORDS[reason] ?? `the check that failed: ${check}`}${whose}`;
}

function wordsOfPass(name: StepName, route: Route | undefined, credential: VerifiedCredential | undefined): string {
  switch (name) {
    case 'path':
      return 'reads in one way only';
    case 'route':
      return route === undefined ? '' : `${route.pattern} needs ${needsOf(route)}`;
    case 'credential':
      return credential === undefined ? 'one credential' : `one ${credential.identity.scheme} credential`;
    case 'verification':
      return credential === undefined ? '' : identityOf(credential);
    case 'expiry':
      return endWords(timeOf(credential?.validUntilMs));
    case 'issuer':
      return route?.issuers === undefined ? 'the route takes any issuer' : 'one of the route';
    case 'revocation':
      return `${credential?.standings.length ?? 0} entries could end it, none does`;
    case 'scope':
      return `has ${scopesOf(credential)}`;
  }
}

function identityOf({ identity }: VerifiedCredential): string {
  const { issuer, subject, tokenId } = identity;
  return [`issuer ${issuer}`, subject && `subject ${subject}`, tokenId && `token id ${tokenId}`]
    .filter(Boolean)
    .join(', ');
}

function scopesOf(credential: VerifiedCredential | undefined): string {
  return credential?.identity.scopes.join(', ') || 'no scopes';
}

/** What a route asks for, in words. */
export function needsOf(route: Route | undefined): string {
  if (route === undefined) return 'nothing';
  const { requirement } = route;
  if (requirement.kind === 'public') return 'nobody';
  if (requirement.kind === 'authenticated') return 'anybody who is authenticated';
  return requiredScopes(requirement).join(requirement.kind === 'anyOf' ? ' or ' : ' and ');
}

function endWords(time: string): string {
  return time === 'never' ? 'it does not expire' : `ends ${time}, clock skew included`;
}
