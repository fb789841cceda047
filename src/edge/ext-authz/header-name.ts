import { REQUEST_ID, TRACEPARENT } from '../correlation.ts';
import { concernsMcp } from '../mcp-message.ts';
import { describesBody } from './mcp-metadata.ts';

/** What one configuration says about the reading of checks. */
export interface CheckTerms {
  /** Whether a header name must not reach the upstream. */
  isDisguised(name: string): boolean;
  /** The lower-case names of the header fields to pass on as `AccessRequest.fields`. */
  readonly wantedFields?: ReadonlySet<string>;
}

/** What a header field means to a decision, by its name. `none`: nothing. */
export type HeaderRole =
  | 'none'
  | 'pseudo'
  | 'authorization'
  | 'browser'
  | 'forwarded for'
  | 'request id'
  | 'traceparent'
  | 'mcp'
  | 'body'
  | 'disguised';

/** The name of a header field, and what the configuration makes of it. */
export interface HeaderName {
  /** As sent. */
  readonly key: string;
  /** In lower case. */
  readonly name: string;
  readonly role: HeaderRole;
  /** One bit for each of {@link PSEUDO_HEADERS}; otherwise 0. */
  readonly pseudo: number;
  /** Whether the configuration reads the field, whatever its role. */
  readonly isWanted: boolean;
}

/**
 * Envoy sends these with the headers of every request, unless `allowed_headers` or `disallowed_headers` of ext_authz
 * hides headers from us; then it hides these first.
 */
const PSEUDO_HEADERS = [':method', ':path', ':authority'];
/** The bits of all of them. */
export const ALL_PSEUDO = (1 << PSEUDO_HEADERS.length) - 1;

const COLON = 0x3a;

/** Says what a header field means. */
export function headerName(key: string, terms: CheckTerms): HeaderName {
  const name = key.toLowerCase();
  const index = PSEUDO_HEADERS.indexOf(name);
  return {
    key,
    name,
    role: roleOf(name, terms),
    pseudo: index < 0 ? 0 : 1 << index,
    isWanted: terms.wantedFields?.has(name) === true,
  };
}

function roleOf(name: string, terms: CheckTerms): HeaderRole {
  if (name.charCodeAt(0) === COLON) return PSEUDO_HEADERS.includes(name) ? 'pseudo' : 'none';
  if (name === 'authorization') return 'authorization';
  if (name === 'origin' || name.startsWith('sec-fetch-')) return 'browser';
  if (name === 'x-forwarded-for') return 'forwarded for';
  if (name === REQUEST_ID) return 'request id';
  if (name === TRACEPARENT) return 'traceparent';
  if (concernsMcp(name)) return 'mcp';
  if (describesBody(name)) return 'body';
  return terms.isDisguised(name) ? 'disguised' : 'none';
}
