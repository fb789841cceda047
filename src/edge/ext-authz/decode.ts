import type { AccessRequest } from '../../core/request.ts';
import type { ShownHeaders } from '../../core/upstream/upstream-headers.ts';
import { REQUEST_ID, TRACEPARENT } from '../correlation.ts';
import type { HeaderField } from '../mcp-message.ts';
import { concernsMcp, readMcpMessage } from '../mcp-message.ts';
import { WantedFields } from '../wanted-fields.ts';
import type { McpMetadataReader } from './mcp-metadata.ts';
import { describesBody } from './mcp-metadata.ts';
import type { CheckRequest, HttpRequest } from './messages.ts';

/** A decoded check request. */
export interface DecodedCheck {
  readonly outcome: 'decoded';
  readonly request: AccessRequest;
  readonly shown: ShownHeaders;
  /** Copies what the request may still read of the message. Call it before the message changes, if the request is used later. */
  detach?(): void;
}

/** A message that is no check request, or one that two parsers may read differently. */
export interface MalformedCheck {
  readonly outcome: 'malformed';
}

/**
 * Envoy sends these with the headers of every request, unless `allowed_headers` or `disallowed_headers` of ext_authz
 * hides headers from us; then it hides these first.
 */
const PSEUDO_HEADERS = new Set([':method', ':path', ':authority']);
const COLON = 0x3a;
const NO_FIELDS: readonly HeaderField[] = [];

/** Reads the client's address from the gateway's peer (encoded) and from `X-Forwarded-For`. */
export type ClientReader = (source: Uint8Array | undefined, forwardedFor: string | undefined) => string | undefined;

/** What one configuration says about the reading of checks. */
export interface CheckTerms {
  /** Whether a header name must not reach the upstream. */
  isDisguised(name: string): boolean;
  /** The lower-case names of the header fields to pass on as {@link AccessRequest.fields}. */
  readonly wantedFields?: ReadonlySet<string>;
}

/** Reads the parts of a check that are messages of their own. */
export interface PartReaders {
  /** Called only if the client's address is needed. */
  readonly readClient?: ClientReader;
  /** Called only for a token that is bound to a certificate. */
  readonly readCertificate?: CertificateReader;
  /** Called only if the gateway sends metadata of the request. */
  readonly readMetadata?: McpMetadataReader;
}

/** Returns the SHA-256 of the certificate of the gateway's peer (encoded) in base64url; `undefined` if there is none. */
export type CertificateReader = (source: Uint8Array) => string | undefined;

/**
 * Decodes a check request. Absent fields stay empty, which no rule allows.
 *
 * @param callTraceparent `traceparent` of the gRPC call, which is a gateway's own word. It goes before the header, which
 *   a gateway passes on as the client sent it.
 */
export function decodeCheck(
  check: CheckRequest,
  terms: CheckTerms,
  readers: PartReaders = {},
  callTraceparent?: string,
): DecodedCheck {
  const metadata = check.attributes?.metadata_context;
  const hasMetadata = metadata !== undefined && metadata.length > 0;
  let mcp = NO_FIELDS;
  let body = NO_FIELDS;
  const http = check.attributes?.request?.http ?? {};
  const authorization: string[] = [];
  const disguised: string[] = [];
  const wanted = new WantedFields(terms.wantedFields);
  let pseudoHeaders = 0;
  let fromBrowser = false;
  let forwardedFor: string | undefined;
  let requestId: string | undefined;
  let traceparent: string | undefined;
  const isRaw = (http.header_map?.headers?.length ?? 0) > 0;
  for (const [key, value] of headersOf(http)) {
    const name = key.toLowerCase();
    wanted.add(name, value, isRaw ? 'bytes' : 'text');
    if (name.charCodeAt(0) === COLON) pseudoHeaders += PSEUDO_HEADERS.has(name) ? 1 : 0;
    else if (name === 'authorization') authorization.push(value);
    else if (name === 'origin' || name.startsWith('sec-fetch-')) fromBrowser = true;
    else if (name === 'x-forwarded-for') forwardedFor = joined(forwardedFor, value);
    else if (name === REQUEST_ID) requestId = joined(requestId, value);
    else if (name === TRACEPARENT) traceparent = joined(traceparent, value);
    else if (concernsMcp(name)) mcp = [...mcp, [name, value]];
    else if (hasMetadata && describesBody(name)) body = [...body, [name, value]];
    else if (terms.isDisguised(name)) disguised.push(key);
  }
  const { method = '', host = '', path = '' } = http;
  const source = check.attributes?.source;
  const shown = { complete: pseudoHeaders === PSEUDO_HEADERS.size, disguised };
  return {
    outcome: 'decoded',
    request: {
      door: 'ext-authz',
      method,
      host,
      path,
      authorization: authorization.length === 0 ? undefined : authorization.join(','),
      fromBrowser,
      client: () => readers.readClient?.(source, forwardedFor),
      certificate: source && (() => readers.readCertificate?.(source)),
      requestId,
      traceparent: callTraceparent ?? traceparent,
      fields: wanted.found,
      hidesFields: shown.complete ? undefined : true,
      mcp: readMcpMessage(mcp, shown, hasMetadata ? readers.readMetadata?.(metadata, body) : undefined),
    },
    shown,
  };
}

/** Several fields, joined as in HTTP (RFC 9110, section 5.3). */
function joined(former: string | undefined, value: string): string {
  return former === undefined ? value : `${former},${value}`;
}

/** Reads both of Envoy's forms: a list of bytes with `encode_raw_headers`, otherwise a map of strings. */
function headersOf(http: HttpRequest): readonly (readonly [string, string])[] {
  const raw = http.header_map?.headers ?? [];
  if (raw.length === 0) return Object.entries(http.headers ?? {});
  return raw.map(({ key = '', value = '', raw_value: bytes }) => [
    key,
    bytes === undefined || bytes.length === 0 ? value : Buffer.from(bytes).toString('latin1'),
  ]);
}
