import http2 from 'node:http2';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, expect, it, vi } from 'vitest';
import { ECHO, type ServedUnary, serveUnary } from '../../test/support/http2/unary-server.ts';

/** The highest stream id. RFC 9113, section 5.1.1. */
const LARGEST = 0x7fff_ffff;
const CALLS = 3000;

let served: ServedUnary;

afterEach(async () => {
  vi.restoreAllMocks();
  await served.close();
});

it('run out without a lost call: the client is asked in time to open another connection', async () => {
  served = await serveUnary();
  const connections = startAtHighIds(LARGEST - 65_536 - CALLS);
  const client = new Client(`127.0.0.1:${served.port}`, credentials.createInsecure());
  const replies: string[] = [];
  for (let number = 0; number < CALLS; number += 100) {
    const some = Array.from({ length: 100 }, (_, at) => echo(client, `call ${number + at}`));
    replies.push(...(await Promise.all(some)));
  }
  expect(replies).toEqual(Array.from({ length: CALLS }, (_, number) => `call ${number}`));
  expect(served.events.filter((event) => event.startsWith('draining'))).toEqual(['draining: stream ids']);
  expect(connections).toHaveBeenCalledTimes(2);
  client.close();
});

/** What a session of Node has, and its types have not. */
interface NewSession extends http2.ClientHttp2Session {
  setNextStreamID(id: number): void;
}

/** Has the first connection of grpc-js begin with this stream id, as if it had made a billion calls. */
function startAtHighIds(id: number): ReturnType<typeof vi.spyOn> {
  const { connect } = http2;
  let isFirst = true;
  return vi.spyOn(http2, 'connect').mockImplementation((...args: unknown[]) => {
    // grpc-js passes what the original takes.
    const session = connect(...(args as Parameters<typeof connect>)) as NewSession;
    if (isFirst) session.once('connect', () => session.setNextStreamID(id));
    isFirst = false;
    return session;
  });
}

function echo(client: Client, message: string): Promise<string> {
  const identity = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(ECHO, identity, identity, Buffer.from(message), (error, reply) => {
      if (reply === undefined) reject(error ?? new Error('neither an error nor a reply'));
      else resolve(reply.toString());
    });
  });
}
