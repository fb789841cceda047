import { CheckDraft, type DraftedCheck, MOST_FIELDS, tooLong } from './check-draft.ts';
import { type CheckTerms, headerName } from './header-name.ts';
import type { McpMetadataReader } from './mcp-metadata.ts';
import type { CheckRequest, HttpRequest } from './messages.ts';

/** A decoded check request. */
export interface DecodedCheck extends DraftedCheck {
  readonly outcome: 'decoded';
  /** What the request may still read of the message, if it was not read as a whole. */
  readonly unread?: UnreadMessage;
}

/** A message that changes once its check is answered, or later if the answer has to be awaited. */
export interface UnreadMessage {
  /** Copies the parts, since the message changes before the answer. */
  detach(): void;
  /** Forgets the message: from now on the request says nothing more of it. */
  release(): void;
}

/** A message that is no check request, or one that two parsers may read differently. */
export interface MalformedCheck {
  readonly outcome: 'malformed';
}

const NOTHING = new Uint8Array();

/** Reads the client's address from the gateway's peer (encoded) and from `X-Forwarded-For`. */
export type ClientReader = (source: Uint8Array | undefined, forwardedFor: string | undefined) => string | undefined;

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
  const http = check.attributes?.request?.http ?? {};
  const draft = new CheckDraft(terms.wantedFields);
  const form = (http.header_map?.headers?.length ?? 0) > 0 ? 'bytes' : 'text';
  const headers = headersOf(http);
  if (headers.length > MOST_FIELDS) return { outcome: 'decoded', ...tooLong(callTraceparent) };
  for (const [key, value] of headers) draft.take(headerName(key, terms), value, form);
  const { method = '', host = '', path = '' } = http;
  const source = check.attributes?.source;
  const client = () => readers.readClient?.(source, draft.forwardedFor);
  const certificate = source && (() => readers.readCertificate?.(source));
  const metadata = check.attributes?.metadata_context ?? NOTHING;
  const message = metadata.length === 0 ? undefined : readers.readMetadata?.(metadata, draft.body);
  return {
    outcome: 'decoded',
    ...draft.complete({ method, host, path, client, certificate }, callTraceparent, message),
  };
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
