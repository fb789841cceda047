import { dpopChallenge, proofError } from './binding/dpop-challenge.ts';
import { stepUpParameters } from './condition/step-up.ts';
import type { Deny } from './decision.ts';
import type { Reason } from './reason.ts';
import type { Requirement } from './scope.ts';
import { requiredScopes } from './scope.ts';

/** A denial as HTTP, which each door sends in its own encoding (contract section 2). */
export interface Answer {
  readonly status: number;
  /** Field values of `WWW-Authenticate`, one field each (RFC 6750, section 3; RFC 7617). */
  readonly challenges: readonly string[];
  readonly retryAfterSeconds: number | undefined;
  /** `application/problem+json` (RFC 9457), serialised. */
  readonly body: string;
}

const REALM = 'realm="sallyport"';
const RETRY_AFTER_SECONDS = 1;

/** The table of contract section 2, and the reasons of conditions on routes. The client reads `message`. */
const TABLE: Readonly<
  Record<Reason, { readonly status: number; readonly title: string; readonly message: string; readonly error?: string }>
> = {
  credentials_required: { status: 401, title: 'Unauthorized', message: 'credentials required' },
  invalid_request: {
    status: 400,
    title: 'Bad Request',
    message: 'more than one credential',
    error: 'error="invalid_request"',
  },
  token_invalid: { status: 401, title: 'Unauthorized', message: 'invalid token', error: 'error="invalid_token"' },
  token_expired: {
    status: 401,
    title: 'Unauthorized',
    message: 'token expired',
    error: 'error="invalid_token", error_description="token expired"',
  },
  token_revoked: {
    status: 401,
    title: 'Unauthorized',
    message: 'token revoked',
    error: 'error="invalid_token", error_description="token revoked"',
  },
  credentials_invalid: { status: 401, title: 'Unauthorized', message: 'invalid credentials' },
  scope_required: { status: 403, title: 'Forbidden', message: 'scope required', error: 'error="insufficient_scope"' },
  condition_failed: { status: 403, title: 'Forbidden', message: 'not permitted' },
  step_up_required: {
    status: 401,
    title: 'Unauthorized',
    message: 'stronger or more recent authentication required',
    error:
      'error="insufficient_user_authentication", error_description="stronger or more recent authentication required"',
  },
  route_denied: { status: 403, title: 'Forbidden', message: 'no such route or method' },
  path_rejected: { status: 400, title: 'Bad Request', message: 'ambiguous path or method' },
  too_many_attempts: { status: 429, title: 'Too Many Requests', message: 'too many attempts' },
  unavailable: { status: 503, title: 'Service Unavailable', message: 'authorization unavailable, try again' },
};

/** The answer to a denial. It discloses the reason only; the exact check stays in the log. */
export function answerTo(denial: Deny): Answer {
  const { status, title } = TABLE[denial.reason];
  return {
    status,
    challenges: challengesFor(denial, scopesOf(denial)),
    retryAfterSeconds: status === 429 || status === 503 ? (denial.retryAfterSeconds ?? RETRY_AFTER_SECONDS) : undefined,
    body: problem(denial.reason, status, title, messageFor(denial)),
  };
}

/** The HTTP status of every denial for this reason. */
export function statusOf(reason: Reason): number {
  return TABLE[reason].status;
}

/** The message of a denial for the client. */
export function messageFor(denial: Deny): string {
  const { message } = TABLE[denial.reason];
  return denial.reason === 'scope_required' ? `${message}: ${nameScopes(denial, scopesOf(denial))}` : message;
}

function scopesOf(denial: Deny): readonly string[] {
  const requirement = requirementOf(denial);
  return requirement === undefined ? [] : requiredScopes(requirement);
}

function requirementOf({ route, required }: Deny): Requirement | undefined {
  return required ?? route?.requirement;
}

/**
 * An RFC 9457 problem document with the members that clients of both source systems read:
 * `code`, `detail` and `message`.
 */
export function problem(code: string, status: number, title: string, message: string, more: object = {}): string {
  const type = `urn:sallyport:problem:${code}`;
  return JSON.stringify({ type, title, status, code, detail: message, message, ...more });
}

function nameScopes(denial: Deny, scopes: readonly string[]): string {
  return scopes.join(requirementOf(denial)?.kind === 'anyOf' ? ' or ' : ' and ');
}

function challengesFor(denial: Deny, scopes: readonly string[]): string[] {
  const { status, error } = TABLE[denial.reason];
  const { offersDpop, route } = denial;
  const parameters = parametersFor(denial, scopes);
  if (denial.reason === 'credentials_required' || denial.reason === 'credentials_invalid') {
    return [
      ...(route?.bound === 'dpop' ? [] : [`Bearer ${REALM}${parameters}`]),
      ...(offersDpop === undefined ? [] : [dpopChallenge(offersDpop, REALM, parameters)]),
      ...(denial.offersBasic ? [`Basic ${REALM}, charset="UTF-8"`] : []),
    ];
  }
  if (error === undefined || status === 503) return [];
  if (offersDpop?.wasUsed === true) {
    return [dpopChallenge(offersDpop, REALM, `, ${proofError(denial.check) ?? error}${parameters}`)];
  }
  const bearer = `Bearer ${REALM}, ${error}${parameters}`;
  return offersDpop === undefined || status !== 401 ? [bearer] : [bearer, dpopChallenge(offersDpop, REALM, '')];
}

/**
 * What a client needs to get a token that suffices: the scopes (RFC 6750, section 3), how its user must authenticate (RFC
 * 9470, section 3) and, for a route with a resource, the metadata that names the authorization servers (RFC 9728, section
 * 5.1).
 */
function parametersFor(denial: Deny, scopes: readonly string[]): string {
  const resource = TABLE[denial.reason].status === 400 ? undefined : denial.route?.resource;
  const namesScopes = denial.reason === 'scope_required' || (resource !== undefined && scopes.length > 0);
  const scope = namesScopes ? `, scope="${scopes.join(' ')}"` : '';
  const stepUp = denial.reason === 'step_up_required' ? denial.route?.where?.stepUp : undefined;
  const parameters = stepUp === undefined ? scope : `${scope}${stepUpParameters(stepUp)}`;
  return resource === undefined ? parameters : `${parameters}, resource_metadata="${resource.metadataUrl}"`;
}

/** What is wrong with one field of a request. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}
