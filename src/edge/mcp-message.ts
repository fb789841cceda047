import type { McpFlaw, McpReading } from '../core/resource/mcp-message.ts';
import { TOOLS_CALL } from '../core/resource/mcp-message.ts';
import { otherSpellings } from '../core/upstream/header-spellings.ts';
import { decodeUtf8 } from '../lib/utf8.ts';

/** A header field: its name in lower case, and its value as sent. */
export type HeaderField = readonly [name: string, value: string];

const METHOD = 'mcp-method';
const NAME = 'mcp-name';
const VERSION = 'mcp-protocol-version';
const HEADERS = [METHOD, NAME, VERSION];
const SPELLINGS = new Set([...HEADERS, ...HEADERS.flatMap(otherSpellings)]);

/**
 * The revisions whose servers must refuse headers that differ from the body (2026-07-28, Streamable HTTP, "Server
 * Validation"). Under an earlier one, a server may never look at the headers, so a client could name any tool in them.
 */
const BINDING_VERSIONS: ReadonlySet<string> = new Set(['2026-07-28']);

const MAX_NAME = 1024;
/** Words with slashes, as in `tools/call`. None begins like the names that gateways invent (`__jsonrpc_response`). */
const PLAIN_METHOD = /^[A-Za-z$][\w.$-]*(?:\/[\w.$-]+)*$/;
/** Visible ASCII, with spaces and tabs inside ("Value Encoding" of the same page). */
const PLAIN_NAME = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;
/** Canonical Base64 with padding (RFC 4648, section 4), between the markers. */
const ENCODED_NAME = /^=\?base64\?((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)\?=$/;
/** How an encoded name begins, also for a server that is less strict. */
const MARKER = '=?';
/** Many decoders drop it at the beginning of a text, so that the server would read another name. */
const BYTE_ORDER_MARK = '\uFEFF';
const FIRST_LETTER = 'm'.charCodeAt(0);

/** Whether {@link readMcpMessage} must see a header field. @param name in lower case. */
export function concernsMcp(name: string): boolean {
  return name.charCodeAt(0) === FIRST_LETTER && SPELLINGS.has(name);
}

/**
 * Reads which MCP message a request carries; `undefined` if nothing says so. It believes the headers only where the server
 * must refuse those that differ from the body, and a gateway that read the body; if both speak, they must agree.
 *
 * @param fields every field for which {@link concernsMcp} holds; duplicates separately.
 * @param shown `complete`: no header of the request is hidden from the door.
 * @param body what a gateway read in the body; never taken from anything that a client can send.
 */
export function readMcpMessage(
  fields: readonly HeaderField[],
  { complete }: { readonly complete: boolean },
  body?: McpReading,
): McpReading | undefined {
  if (fields.length === 0 && body === undefined) return undefined;
  if (!complete) return unread('mcp headers hidden');
  const headers = readFields(fields);
  if (body === undefined || headers === undefined) return headers ?? body;
  if (headers.outcome === 'unread') return headers;
  if (body.outcome === 'unread') return body;
  const agree = headers.method === body.method && headers.tool === body.tool;
  return agree ? body : unread('mcp headers and body differ');
}

/** A reading with a flaw. */
export function unread(flaw: McpFlaw): McpReading {
  return { outcome: 'unread', flaw };
}

/** `undefined` if there is only a version, which clients of every revision send. */
function readFields(fields: readonly HeaderField[]): McpReading | undefined {
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    if (!HEADERS.includes(name)) return unread('mcp header spelling');
    if (values.has(name)) return unread('mcp header repeated');
    values.set(name, value);
  }
  const method = values.get(METHOD);
  const name = values.get(NAME);
  if (method === undefined && name === undefined) return undefined;
  if (!BINDING_VERSIONS.has(values.get(VERSION) ?? '')) return unread('mcp headers not binding');
  if (method?.includes(',') === true) return unread('mcp header repeated');
  if (method === undefined || !PLAIN_METHOD.test(method)) return unread('mcp header value');
  if (method !== TOOLS_CALL) return { outcome: 'read', method, tool: undefined };
  // A gateway may have joined two fields.
  if (name?.includes(',') === true) return unread('mcp header repeated');
  const tool = name === undefined ? undefined : decodeName(name);
  return tool === undefined ? unread('mcp header value') : { outcome: 'read', method, tool };
}

function decodeName(value: string): string | undefined {
  if (!value.startsWith(MARKER)) return PLAIN_NAME.test(value) && isToolName(value) ? value : undefined;
  const [, encoded] = ENCODED_NAME.exec(value) ?? [];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  // Unused bits that are not zero make a second spelling of the same name.
  if (bytes.toString('base64') !== encoded) return undefined;
  const name = decodeUtf8(bytes);
  if (name === undefined || name.startsWith(BYTE_ORDER_MARK)) return undefined;
  return isToolName(name) ? name : undefined;
}

/** Whether a name may be one of a tool. A control character could end it early in a server. */
export function isToolName(name: string): boolean {
  return name !== '' && name.length <= MAX_NAME && !/\p{Cc}/u.test(name) && name.isWellFormed();
}
