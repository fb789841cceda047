import { answerTo } from '../../core/answer.ts';
import type { VerifiedCredential } from '../../core/credential/verified-credential.ts';
import type { Allow, Decision, Deny } from '../../core/decision.ts';
import { isExact } from '../../core/upstream/header-value.ts';
import type {
  KeptNames,
  NamedClaim,
  ShownHeaders,
  UpstreamHeaderWriter,
} from '../../core/upstream/upstream-headers.ts';
import type { ResponseFields } from '../basic-notice.ts';
import { deniedCode } from '../grpc/grpc-codes.ts';
import type { CheckResponse, HeaderValueOption, StructValue } from './messages.ts';

const NO_PARAMETERS: readonly string[] = [];
const OTHER_THAN_ASCII = /[^\0-\x7f]/;

/**
 * Encodes every check response.
 *
 * @param shown what the gateway shows of the request's headers, some of which must not reach the upstream.
 * @param notice header fields for the client, with every decision.
 * @param claims those that the dynamic metadata carries beside the identity.
 */
export function encodeDecision(
  decision: Decision,
  headers: UpstreamHeaderWriter,
  shown: ShownHeaders,
  notice: ResponseFields = [],
  claims: readonly NamedClaim[] = [],
): CheckResponse {
  const told = notice.map(([key, value]) => (key === 'vary' ? append(key, value) : overwrite(key, value)));
  if (decision.outcome === 'allow' && decision.preflight !== undefined) return encodePreflight(told);
  return decision.outcome === 'allow'
    ? encodeAllow(decision, headers, shown, told, claims)
    : encodeDeny(decision, told);
}

function encodeAllow(
  allow: Allow,
  headers: UpstreamHeaderWriter,
  shown: ShownHeaders,
  told: readonly HeaderValueOption[],
  claims: readonly NamedClaim[],
): CheckResponse {
  const written = headers.write(allow, shown);
  const { set, remove, query = NO_PARAMETERS } = written;
  const keepMs = keepTimeOf(allow, shown, told);
  const back = told.length === 0 ? {} : { response_headers_to_add: told };
  return {
    status: { code: 0 },
    ok_response: {
      headers: set.map(([key, value]) => overwrite(key, utf8(value))),
      headers_to_remove: remove,
      ...(query.length === 0 ? {} : { query_parameters_to_remove: query }),
      ...back,
    },
    dynamic_metadata: {
      fields: {
        ...fieldsOf(factsOf(allow)),
        ...(keepMs > 0 ? keepFields(keepMs, allow, headers.namesOf(written)) : {}),
        ...claimFields(allow.credential, claims),
      },
    },
  };
}

/**
 * How long the gateway may keep the answer: not at all if it fits this request alone, because it removes headers that
 * another request may lack, or adds header fields to the response.
 */
function keepTimeOf({ keepMs }: Allow, { disguised }: ShownHeaders, told: readonly HeaderValueOption[]): number {
  return disguised.length === 0 && told.length === 0 ? keepMs : 0;
}

/** Envoy sends the client the response of a denial, whatever its status. */
function encodePreflight(fields: readonly HeaderValueOption[]): CheckResponse {
  return {
    status: { code: deniedCode('route_denied'), message: 'preflight' },
    denied_response: { status: { code: 204 }, headers: fields, body: '' },
    dynamic_metadata: { fields: fieldsOf({ outcome: 'preflight' }) },
  };
}

/** @param told header fields for the client. */
export function encodeDeny(denial: Deny, told: readonly HeaderValueOption[]): CheckResponse {
  const { status, challenges, retryAfterSeconds, body } = answerTo(denial);
  const headers = [
    overwrite('content-type', 'application/problem+json'),
    overwrite('cache-control', 'no-store'),
    ...told,
  ];
  if (retryAfterSeconds !== undefined) headers.push(overwrite('retry-after', String(retryAfterSeconds)));
  for (const challenge of challenges) headers.push(append('www-authenticate', challenge));
  return {
    status: { code: deniedCode(denial.reason), message: denial.reason },
    denied_response: { status: { code: status }, headers, body },
    dynamic_metadata: { fields: fieldsOf({ outcome: 'deny', reason: denial.reason }) },
  };
}

/** The identity for the gateway's access logs, rate limits and RBAC. */
function factsOf({ credential, shadowed }: Allow): Record<string, string> {
  const shadow = shadowed === undefined ? {} : { shadowed: shadowed.reason };
  if (credential === undefined) return { outcome: 'allow', ...shadow };
  const { issuer, subject, tokenId, scheme, scopes } = credential.identity;
  return {
    outcome: 'allow',
    issuer,
    scheme,
    scopes: scopes.join(' '),
    ...(subject === undefined ? {} : { subject }),
    ...(tokenId === undefined ? {} : { token_id: tokenId }),
  };
}

function fieldsOf(facts: Record<string, string>): Record<string, StructValue> {
  const fields: Record<string, StructValue> = {};
  for (const [key, stringValue] of Object.entries(facts)) fields[key] = { stringValue };
  return fields;
}

/** Encodes what a gateway that keeps an allow must do to the next request, which the answer says in `keep`. */
export function encodeKeep(allow: Allow, headers: UpstreamHeaderWriter): string {
  return keepText(headers.namesOf(headers.write(allow, { complete: true, disguised: [] })));
}

function keepText({ set, credentials, guarded }: KeptNames): string {
  return [set, credentials, guarded].map((line) => line.join(' ')).join('\n');
}

/** What the gateway must know to keep the answer: `deploy/gateways/envoy-kept/kept.lua` reads it. */
function keepFields(keepMs: number, { route }: Allow, names: KeptNames): Record<string, StructValue> {
  return {
    keep_ms: { numberValue: keepMs },
    keep: { stringValue: keepText(names) },
    keep_route: { stringValue: route?.pattern ?? '' },
  };
}

/** The claims of a credential, each as what it is in the token. Lists and objects have no use in metadata. */
function claimFields(
  credential: VerifiedCredential | undefined,
  claims: readonly NamedClaim[],
): Record<string, StructValue> {
  const fields: Record<string, StructValue> = {};
  if (credential?.claims === undefined) return fields;
  for (const { name, claim } of claims) {
    const value = structValue(credential.claims.get(claim));
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}

function structValue(claim: unknown): StructValue | undefined {
  if (typeof claim === 'string') return claim.isWellFormed() ? { stringValue: claim } : undefined;
  if (typeof claim === 'boolean') return { boolValue: claim };
  return isExact(claim) ? { numberValue: claim } : undefined;
}

/** What is left of a client's field has one character for each byte; a message has UTF-8. */
function utf8(value: string): string {
  return OTHER_THAN_ASCII.test(value) ? Buffer.from(value, 'latin1').toString() : value;
}

function overwrite(key: string, value: string): HeaderValueOption {
  return { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' };
}

function append(key: string, value: string): HeaderValueOption {
  return { header: { key, value }, append_action: 'APPEND_IF_EXISTS_OR_ADD' };
}
