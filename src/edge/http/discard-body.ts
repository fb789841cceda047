import type { IncomingMessage } from 'node:http';

/** How much of a body that will not be read is received, so that its sender reads the response first. */
const MAX_BYTES = 1024 * 1024;

/**
 * Receives and drops the rest of a request's body, so that its connection can serve the next request. Cuts the connection
 * if the body is longer than a mebibyte. Call it after the response was written.
 */
export function discardBody(request: IncomingMessage): void {
  let received = 0;
  request.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > MAX_BYTES) request.socket.destroy();
  });
  // A client that goes away has no response to read.
  request.on('error', () => {});
}
