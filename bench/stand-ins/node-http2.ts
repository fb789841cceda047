// Answers ext_authz checks by a look-up of the token, and nothing else: what a server of node:http2 costs at least.
import type { ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:http2';
import type { CheckRequest } from '../../src/edge/ext-authz/messages.ts';
import { loadExtAuthz } from '../../src/edge/ext-authz/transports/grpc-js/definition.ts';
import { ALLOW, authorizationOf, DENY, readArguments } from './answer.ts';

const PREFIX_BYTES = 5;
const HEADERS = { ':status': 200, 'content-type': 'application/grpc' };
const TRAILERS = { 'grpc-status': '0' };

const { port, known } = readArguments();
const { Check } = loadExtAuthz();
const allow = framed(Check.responseSerialize(ALLOW));
const deny = framed(Check.responseSerialize(DENY));

createServer().on('stream', answer).listen(port, '127.0.0.1');

function answer(stream: ServerHttp2Stream): void {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  stream.on('wantTrailers', () => stream.sendTrailers(TRAILERS));
  stream.on('end', () => {
    const message = Buffer.concat(pieces).subarray(PREFIX_BYTES);
    const check: CheckRequest = Check.requestDeserialize(message);
    stream.respond(HEADERS, { waitForTrailers: true });
    stream.end(known.has(authorizationOf(check) ?? '') ? allow : deny);
  });
}

/** A message with the prefix of gRPC. */
function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
