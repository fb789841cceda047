import type { ForwardAuthMode } from '../../config/config.ts';
import { answerTo, messageFor, problem } from '../../core/answer.ts';
import type { Allow, Decision, Deny } from '../../core/decision.ts';
import type { UpstreamHeaderWriter } from '../../core/upstream/upstream-headers.ts';
import type { ResponseFields } from '../basic-notice.ts';
import { PROBLEM_TYPE } from '../http/refusal.ts';
import { NO_STORE } from './cache-fields.ts';
import type { DecodedAuth } from './decode.ts';

/** A response, ready to be written. */
export interface AuthAnswer {
  readonly status: number;
  /** Names and values in turn; names may repeat. */
  readonly fields: readonly string[];
  readonly body: string;
}

/** The statuses that a gateway does not pass on as a denial, and those that take their place. */
const IN_PLACE_OF: Readonly<Record<ForwardAuthMode, Readonly<Record<number, Substitute>>>> = {
  // `auth_request` denies with 401 and 403, and turns any other denial into 500. So it should for 503.
  nginx: { 400: { status: 403, title: 'Forbidden' }, 429: { status: 403, title: 'Forbidden' } },
  forwarded: {},
  // To Envoy a 5xx is a failure of the authorization service, which `failure_mode_allow` lets pass.
  path: { 503: { status: 429, title: 'Too Many Requests' } },
};

interface Substitute {
  readonly status: number;
  readonly title: string;
}

/** The status and the problem document of a denial, as at the other doors. */
const STATUS = 'x-sallyport-status';
const PROBLEM = 'x-sallyport-problem';

/** Envoy removes these header fields from the request. */
const REMOVE = 'x-envoy-auth-headers-to-remove';

/**
 * Encodes every decision. An allowed request is answered with 200. No other answer has a 2xx status, except the 204 with
 * which Envoy ends a preflight.
 *
 * @param notice fields for the client, with every decision.
 * @param caching fields that say how long the gateway may keep an answer that allows the request.
 */
export function encodeAuth(
  decision: Decision,
  mode: ForwardAuthMode,
  headers: UpstreamHeaderWriter,
  decoded: Pick<DecodedAuth, 'credentials' | 'disguised'>,
  notice: ResponseFields = [],
  caching: ResponseFields = NO_STORE,
): AuthAnswer {
  if (decision.outcome === 'allow' && decision.preflight !== undefined) return encodePreflight(mode, notice);
  if (decision.outcome === 'deny') return encodeDeny(decision, mode, [...NO_STORE, ...notice].flat());
  return {
    status: 200,
    fields: [
      ...[...caching, ...notice].flat(),
      'content-length',
      '0',
      ...upstreamFields(decision, mode, headers, decoded),
    ],
    body: '',
  };
}

/**
 * Envoy sends any status but 200 to the client. nginx makes the answer from the status beside a 403. To the other gateways
 * every 2xx means that the request may pass, so that no preflight is answered through them.
 */
function encodePreflight(mode: ForwardAuthMode, notice: ResponseFields): AuthAnswer {
  const fields = notice.flat();
  if (mode === 'path') return { status: 204, fields, body: '' };
  return { status: 403, fields: [...fields, STATUS, '204', 'content-length', '0'], body: '' };
}

/**
 * The fields that the gateway copies into the request. A field that is not among them must not reach the upstream: gateways
 * that copy a field by its name remove the client's own, and Envoy is sent a list.
 */
function upstreamFields(
  allow: Allow,
  mode: ForwardAuthMode,
  headers: UpstreamHeaderWriter,
  { credentials, disguised }: Pick<DecodedAuth, 'credentials' | 'disguised'>,
): string[] {
  // Envoy does not show all headers. The other gateways do, and a request with a disguised one is denied.
  const { set, remove } = headers.write(allow, { complete: mode !== 'path', disguised });
  const fields = set.flat();
  if (mode === 'path') return [...fields, REMOVE, remove.join(',')];
  // Copied like identity headers, so that they reach the upstream only where they may.
  const changed = new Set([...remove, ...set.map(([name]) => name)]);
  for (const [name, value] of credentials) if (!changed.has(name)) fields.push(name, value);
  return fields;
}

function encodeDeny(denial: Deny, mode: ForwardAuthMode, common: readonly string[]): AuthAnswer {
  const answer = answerTo(denial);
  const { challenges, retryAfterSeconds } = answer;
  const other = IN_PLACE_OF[mode][answer.status];
  const status = other?.status ?? answer.status;
  // A problem document has the status of its response (RFC 9457, section 3.1.3).
  const body = other === undefined ? answer.body : problem(denial.reason, status, other.title, messageFor(denial));
  const fields = [...common, 'content-type', PROBLEM_TYPE, 'content-length', String(Buffer.byteLength(body))];
  // nginx reads nothing else of a denial. With them it can send the client the answer that the other doors give.
  if (mode === 'nginx') fields.push(STATUS, String(answer.status), PROBLEM, ascii(answer.body));
  if (retryAfterSeconds !== undefined) fields.push('retry-after', String(retryAfterSeconds));
  for (const challenge of challengeFields(challenges, mode)) fields.push('www-authenticate', challenge);
  return { status, fields, body };
}

/** nginx passes on one field; it may hold several challenges (RFC 9110, section 11.6.1). */
function challengeFields(challenges: readonly string[], mode: ForwardAuthMode): readonly string[] {
  return mode === 'nginx' && challenges.length > 1 ? [challenges.join(', ')] : challenges;
}

/** Escapes what a field value must not contain (RFC 9110, section 5.5). */
function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
