import { once } from 'node:events';
import { connect, type NetConnectOpts } from 'node:net';

/** A response, as it was sent. */
export interface RawResponse {
  readonly status: number;
  /** Names in lower case and values, in order; names may repeat. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** A request that an HTTP client would repair or refuse. Every string is written as Latin-1. */
export interface RawRequest {
  readonly line: string;
  /** One entry for each field, written as it is. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** Sends one request on a connection of its own. Rejects if there is no whole response. */
export async function sendRawRequest(
  to: NetConnectOpts,
  { line, headers, body = '' }: RawRequest,
): Promise<RawResponse> {
  const socket = connect(to).setEncoding('latin1');
  const head = [line, ...headers.map(([name, value]) => `${name}: ${value}`), 'Connection: close', '', ''].join('\r\n');
  // The server may close the connection before it has read everything.
  socket.on('error', () => {}).write(Buffer.from(head + body, 'latin1'));
  let received = '';
  socket.on('data', (text: string) => (received += text));
  await once(socket, 'close');
  return parseResponse(received.replace(INTERIM, ''));
}

/** 1xx responses, which come before the final one (RFC 9110, section 15.2). */
const INTERIM = /^(?:HTTP\/1\.1 1\d\d [^]*?\r\n\r\n)+/;

/** Parses a response whose body ends with the connection. */
function parseResponse(text: string): RawResponse {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? 0);
  if (end < 0 || status === 0) throw new Error(`no response: ${JSON.stringify(text.slice(0, 200))}`);
  const fields = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { status, fields, body: Buffer.from(text.slice(end + 4), 'latin1').toString() };
}

/** The values of a field, in order. */
export function valuesOf({ fields }: RawResponse, name: string): string[] {
  return fields.filter(([field]) => field === name).map(([, value]) => value);
}
