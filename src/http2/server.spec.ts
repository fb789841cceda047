import { once } from 'node:events';
import { connect } from 'node:http2';
import { duplexPair } from 'node:stream';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ECHO,
  FAIL,
  LONG,
  REJECT,
  type ServedUnary,
  serveUnary,
  THROW,
  WAIT,
} from '../../test/support/http2/unary-server.ts';

let served: ServedUnary;
let client: Client;

beforeAll(async () => {
  served = await serveUnary();
  client = new Client(`127.0.0.1:${served.port}`, credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await served.close();
});

function call(path: string, message: string | Buffer, deadlineMs = 10_000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const identity = (bytes: Buffer): Buffer => bytes;
    const options = { deadline: Date.now() + deadlineMs };
    client.makeUnaryRequest(path, identity, identity, Buffer.from(message), new Metadata(), options, (error, reply) => {
      if (reply === undefined) reject(error ?? new Error('neither an error nor a reply'));
      else resolve(reply);
    });
  });
}

async function failure(path: string, message: string | Buffer = ''): Promise<Pick<ServiceError, 'code' | 'details'>> {
  try {
    await call(path, message);
  } catch (error) {
    // grpc-js rejects with nothing else.
    const { code, details } = error as ServiceError;
    return { code, details };
  }
  throw new Error('the call succeeded');
}

describe('grpc-js as the client', () => {
  it.each([0, 1, 1200, 16_379, 16_380, 65_536, 300_000, 4_194_304])(
    'gets back a message of %i bytes',
    async (length) => {
      const message = Buffer.alloc(length, 'm');
      expect((await call(ECHO, message)).equals(message)).toBe(true);
    },
  );

  it('gets replies in the order in which they are ready', async () => {
    const order: string[] = [];
    const slow = call(WAIT, 'slow').then((reply) => order.push(reply.toString()));
    await call(ECHO, 'fast').then((reply) => order.push(reply.toString()));
    served.answer(Buffer.from('slow'));
    await slow;
    expect(order).toEqual(['fast', 'slow']);
  });

  it('gets the replies of many calls at once', async () => {
    const messages = Array.from({ length: 500 }, (_, at) => `${at}`.repeat(200));
    const replies = await Promise.all(messages.map((message) => call(ECHO, message)));
    expect(replies.map(String)).toEqual(messages);
  });

  it('reads why a call failed', async () => {
    expect(await failure(FAIL)).toEqual({ code: 7, details: 'not you: 100 %, größer' });
    expect(await failure(THROW)).toEqual({ code: 13, details: 'internal error' });
    expect(await failure(REJECT)).toEqual({ code: 13, details: 'internal error' });
    expect(await failure('/test.Service/None')).toEqual({ code: 12, details: 'this server has no such method' });
    expect(await failure(ECHO, Buffer.alloc(4_194_305))).toEqual({ code: 8, details: 'the message is too long' });
    expect(served.events.filter((event) => event.startsWith('/'))).toEqual([
      `${THROW}: Error: thrown`,
      `${REJECT}: Error: rejected`,
    ]);
  });

  it('gets a reply that is longer than its windows', async () => {
    expect(await call(LONG, '4000000')).toHaveLength(4_000_000);
  });
});

describe('node:http2 as the client', () => {
  it('reads an HTTP status for a request that is none of gRPC', async () => {
    const session = connect(`http://127.0.0.1:${served.port}`);
    const statusOf = async (fields: Record<string, string>): Promise<unknown> => {
      const [answer] = await once(session.request(fields).resume().end(), 'response');
      return answer[':status'];
    };
    expect(await statusOf({ ':path': ECHO })).toBe(405);
    expect(await statusOf({ ':path': ECHO, ':method': 'POST' })).toBe(415);
    expect(await statusOf({ ':path': ECHO, ':method': 'POST', 'content-type': 'application/grpc-web' })).toBe(415);
    session.close();
    await once(session, 'close');
  });

  it('may have no table for header compression', async () => {
    const session = connect(`http://127.0.0.1:${served.port}`, { settings: { headerTableSize: 0 } });
    await once(session, 'localSettings');
    const fields = { ':path': '/test.Service/None', ':method': 'POST', 'content-type': 'application/grpc' };
    for (const _ of [1, 2]) {
      const [answer] = await once(session.request(fields).resume().end(), 'response');
      expect(answer['grpc-status']).toBe('12');
    }
    session.close();
    await once(session, 'close');
  });

  it('is served on a connection in memory', async () => {
    const [near, far] = duplexPair();
    served.server.serve(far);
    const session = connect('http://localhost', { createConnection: () => near });
    const fields = { ':path': ECHO, ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };
    const stream = session.request(fields);
    stream.end(Buffer.from('\0\0\0\0\u0002ab'));
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    const [[trailers]] = await Promise.all([once(stream, 'trailers'), once(stream, 'close')]);
    expect(trailers['grpc-status']).toBe('0');
    expect(Buffer.concat(pieces).toString()).toBe('\0\0\0\0\u0002ab');
    session.destroy();
  });
});
