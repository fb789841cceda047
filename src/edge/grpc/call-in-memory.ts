import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { duplexPair } from 'node:stream';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { joinRepeatedCredentials } from './repeated-credentials.ts';

const HEADER_BYTES = 5;

/**
 * Calls a method of a server that listens nowhere, once for each message and one after another, over a connection in
 * memory. Ignores the answers. Shuts the server down. Rejects if the connection breaks.
 *
 * @param path of the method, as `/package.Service/Method`.
 * @param messages encoded.
 */
export async function callInMemory(server: Server, path: string, messages: readonly Uint8Array[]): Promise<void> {
  const [near, far] = duplexPair();
  const { injectConnection } = server.createConnectionInjector(ServerCredentials.createInsecure());
  joinRepeatedCredentials(server);
  injectConnection(far);
  const session = connect('http://localhost', { createConnection: () => near });
  try {
    for (const message of messages) await call(session, path, message);
  } finally {
    session.destroy();
    server.forceShutdown();
  }
}

async function call(session: ClientHttp2Session, path: string, message: Uint8Array): Promise<void> {
  const fields = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  const stream = session.request(fields);
  const frame = Buffer.alloc(HEADER_BYTES);
  frame.writeUInt32BE(message.length, 1);
  stream.resume().end(Buffer.concat([frame, message]));
  await once(stream, 'close');
}
