import { once } from 'node:events';
import { connect } from 'node:net';

/** How long a server may keep an idle connection open that it should close. */
const IDLE_MS = 3_000;
const FINAL_HEADER = /HTTP\/1\.[01] ([2-5]\d{2}) [^]*?\r\n\r\n/;

/**
 * Sends bytes that no HTTP client would send, and resolves to the status of the response, or 0 if the server ends the
 * connection without one.
 *
 * @param until `end`: waits until the server has ended the connection, for bytes that a server may read as two requests.
 */
export async function sendRaw(port: number, request: string, until: 'response' | 'end' = 'response'): Promise<number> {
  // A gateway gives up a request whose client has closed its side.
  const socket = connect({ host: '127.0.0.1', port }).setEncoding('latin1');
  socket.setTimeout(IDLE_MS, () => socket.destroy()).write(Buffer.from(request, 'latin1'));
  let received = '';
  socket.on('data', (text: string) => {
    received += text;
    if (until === 'response' && FINAL_HEADER.test(received)) socket.destroy();
  });
  // The server may reset the connection.
  socket.on('error', () => {});
  await once(socket, 'close');
  return Number(FINAL_HEADER.exec(received)?.[1] ?? 0);
}

/** Returns the text of a request over HTTP/1.1 that ends its connection. */
export function rawRequest(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, ...headers, 'Connection: close', '', body].join('\r\n');
}
