import type { IncomingMessage } from 'node:http';
import type { ForwardAuthMode, Listener } from '../../config/config.ts';
import type { AccessRequest, RequestFlaw } from '../../core/request.ts';
import { readXfcc, XFCC } from '../certificates/xfcc.ts';
import { REQUEST_ID, readCorrelation, TRACEPARENT } from '../correlation.ts';
import type { HeaderField } from '../mcp-message.ts';
import { concernsMcp, readMcpMessage } from '../mcp-message.ts';
import { WantedFields } from '../wanted-fields.ts';
import { AUTH, DESCRIPTIONS } from './description.ts';

/** A decoded request to `/auth`. */
export interface DecodedAuth {
  readonly request: AccessRequest;
  /** The Authorization fields as sent, and the other fields that may hold a credential, one for each name. */
  readonly credentials: readonly HeaderField[];
  /** The names of header fields that an upstream could take for those that only Sallyport sets. */
  readonly disguised: readonly string[];
}

/** What the door knows of the sender and its configuration. */
export interface Reader {
  readonly mode: ForwardAuthMode;
  /** Where the gateway states the client's certificate; nowhere by default. */
  readonly certificateFrom?: Listener['certificateFrom'];
  /** Whether the peer is a trusted proxy. Of any other peer's request nothing is believed. */
  readonly isTrusted: boolean;
  /** Whether a header name must not reach the upstream. */
  isDisguised(name: string): boolean;
  /** The lower-case names of the header fields to pass on as {@link AccessRequest.fields}. */
  readonly wantedFields: ReadonlySet<string>;
  /** Those of them that may hold a credential. */
  readonly credentialFields: ReadonlySet<string>;
  /** The client's address, from the peer and `X-Forwarded-For`. */
  client(forwardedFor: string | undefined): string | undefined;
}

/**
 * Whether a request is one to `/auth`. In mode `path`, so is everything that begins with it, and CONNECT, from which Envoy
 * leaves out the path.
 */
export function isAuth({ method, url = '' }: Line, mode: ForwardAuthMode | undefined): boolean {
  if (mode === undefined) return false;
  if (mode === 'path') return url.startsWith(AUTH) || method === 'CONNECT';
  return url === AUTH || url.startsWith(`${AUTH}?`);
}

type Line = Pick<IncomingMessage, 'method' | 'url'>;

/** What is known of a request whose method or target Node cannot parse: other servers may read it as a valid one. */
export const UNREADABLE: AccessRequest = {
  door: 'forward-auth',
  method: '',
  host: '',
  path: '',
  authorization: undefined,
  fromBrowser: false,
};

/**
 * Decodes a request to `/auth` by the mode of the listener; the headers of the other modes are ignored. What the gateway
 * does not say, or says twice, is a flaw, for which the request is denied.
 */
export function decodeAuth(message: Line & Pick<IncomingMessage, 'rawHeaders'>, reader: Reader): DecodedAuth {
  const fields = new Map<string, string[]>();
  const disguised: string[] = [];
  const mcp: HeaderField[] = [];
  const wanted = new WantedFields(reader.wantedFields);
  let fromBrowser = false;
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    const name = message.rawHeaders[index]?.toLowerCase() ?? '';
    const value = message.rawHeaders[index + 1] ?? '';
    wanted.add(name, value);
    if (name === 'origin' || name.startsWith('sec-fetch-')) fromBrowser = true;
    else if (READ.has(name)) add(fields, name, value);
    else if (concernsMcp(name)) mcp.push([name, value]);
    else if (reader.isDisguised(name)) disguised.push(name);
  }
  const described = DESCRIPTIONS[reader.mode](fields, message);
  const isCompleteWithout = reader.mode === 'path' || disguised.length === 0;
  const flaw: RequestFlaw | undefined = !reader.isTrusted
    ? 'untrusted peer'
    : (described.flaw ?? (isCompleteWithout ? undefined : 'disguised header'));
  const { method, host, path } = described;
  const request: AccessRequest = {
    door: 'forward-auth',
    method,
    host,
    path,
    authorization: fields.get('authorization')?.join(','),
    fromBrowser,
    client: () => reader.client(fields.get('x-forwarded-for')?.join(',')),
    ...(reader.certificateFrom === undefined ? {} : { certificate: () => readXfcc(fields.get(XFCC)?.join(',')) }),
    ...readCorrelation((name) => fields.get(name)),
    fields: wanted.found,
    answersNothing: reader.mode === 'forwarded' ? true : undefined,
    hidesFields: reader.mode === 'path' ? true : undefined,
    flaw,
    // Envoy does not show all headers.
    mcp: readMcpMessage(mcp, { complete: reader.mode !== 'path' }),
  };
  const authorizations = (fields.get('authorization') ?? []).map((value) => ['authorization', value] as const);
  const others = [...(wanted.found ?? [])].filter(([name]) => reader.credentialFields.has(name));
  return { request, credentials: [...authorizations, ...others], disguised };
}

function add(fields: Map<string, string[]>, name: string, value: string): void {
  const existing = fields.get(name);
  if (existing === undefined) fields.set(name, [value]);
  else existing.push(value);
}

/** The header fields that are read in some mode; their names are never another spelling of one that only Sallyport sets. */
const READ: ReadonlySet<string> = new Set([
  'authorization',
  'host',
  'x-forwarded-for',
  XFCC,
  'x-original-method',
  'x-original-url',
  'x-forwarded-method',
  'x-forwarded-host',
  'x-forwarded-uri',
  REQUEST_ID,
  TRACEPARENT,
]);
