import { connect } from 'node:net';

/** A field line: its name as it was sent, and its value. */
export type Field = readonly [name: string, value: string];

/** One response, as its bytes say. */
export interface RawResponse {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: string;
}

/**
 * Sends the bytes of one request over a new connection, and reads one response to a method other than HEAD.
 *
 * @param request latin1.
 */
export async function exchange(port: number, request: string): Promise<RawResponse> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  socket.write(request, 'latin1');
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    const response = readResponse(text);
    // Leaving the loop destroys the socket.
    if (response !== undefined) return response;
  }
  throw new Error(`not a complete response: ${text.slice(0, 200)}`);
}

/** The values of all fields of this name, in order. */
export function valuesOf(fields: readonly Field[], wanted: string): readonly string[] {
  return fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}

/** Reads a response; `undefined` while bytes are missing. */
function readResponse(text: string): RawResponse | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [start = '', ...lines] = text.slice(0, end).split('\r\n');
  const fields = lines.map((line): Field => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const body = readBody(text.slice(end + 4), fields);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(start)?.[1]);
  return body === undefined ? undefined : { status, fields, body: Buffer.from(body, 'latin1').toString() };
}

function readBody(rest: string, fields: readonly Field[]): string | undefined {
  if (valuesOf(fields, 'transfer-encoding').includes('chunked')) return readChunks(rest);
  const length = Number(valuesOf(fields, 'content-length')[0] ?? 0);
  return rest.length < length ? undefined : rest.slice(0, length);
}

function readChunks(rest: string): string | undefined {
  const [, digits = ''] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? [];
  const start = digits.length + 2;
  const size = Number.parseInt(digits, 16);
  if (Number.isNaN(size) || rest.length < start + size + 2) return undefined;
  if (size === 0) return '';
  const more = readChunks(rest.slice(start + size + 2));
  return more === undefined ? undefined : rest.slice(start, start + size) + more;
}
