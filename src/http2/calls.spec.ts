import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callFields, data, headers, prefixed } from '../../test/support/http2/frames.ts';
import { RawClient, type RawReply } from '../../test/support/http2/raw-client.ts';
import { ECHO, type ServedUnary, serveUnary, WAIT } from '../../test/support/http2/unary-server.ts';
import type { UnaryMethod } from './unary.ts';

const DEADLINE_EXCEEDED = '4';
const UNIMPLEMENTED = '12';
const INTERNAL = '13';

let served: ServedUnary;

beforeAll(async () => {
  served = await serveUnary();
});

afterAll(() => served.close());

/** Sends the frames of a call on stream 1, and resolves to the reply. */
async function replyTo(...frames: readonly Buffer[]): Promise<RawReply> {
  const client = await RawClient.open(served.port);
  client.send(...frames);
  const reply = await client.reply(1);
  client.socket.destroy();
  return reply;
}

describe('a message', () => {
  it.each([
    ['ends with an empty frame', [data(1, prefixed('hello'), 0), data(1, Buffer.alloc(0))]],
    [
      'is cut within its prefix',
      [data(1, prefixed('hello').subarray(0, 2), 0), data(1, prefixed('hello').subarray(2))],
    ],
    ['is cut behind its prefix', [data(1, prefixed('hello').subarray(0, 5), 0), data(1, Buffer.from('hello'))]],
    ['ends with trailers', [data(1, prefixed('hello'), 0), headers(1, [['x-trailer', '1']], 5)]],
  ])('is read if it %s', async (_, frames) => {
    const { body, fields } = await replyTo(headers(1, callFields(ECHO)), ...frames);
    expect(body).toEqual(prefixed('hello'));
    expect(fields).toMatchObject({ ':status': '200', 'content-type': 'application/grpc', 'grpc-status': '0' });
  });

  it.each([
    ['that is missing', headers(1, callFields(ECHO), 5), 'incomplete message'],
    ['that is shorter than its prefix says', data(1, prefixed('hello').subarray(0, 9)), 'incomplete message'],
    ['without a whole prefix', data(1, Buffer.alloc(4)), 'incomplete message'],
    ['with more behind it', data(1, Buffer.concat([prefixed('a'), prefixed('b')])), 'more than one message'],
    ['with an unknown flag', data(1, prefixed('hello', 2)), 'wrong prefix of the message'],
  ])('%s fails: %o', async (_, frames, detail) => {
    const begin = frames[3] === 1 ? [] : [headers(1, callFields(ECHO))];
    const { fields } = await replyTo(...begin, frames);
    expect(fields).toMatchObject({ 'grpc-status': INTERNAL, 'grpc-message': detail });
  });

  it.each([
    ['shorter than its prefix says', [prefixed('hello').subarray(0, 7)], 'incomplete message'],
    ['without a whole prefix', [Buffer.alloc(2), Buffer.alloc(1)], 'incomplete message'],
    ['with more behind it', [prefixed('a'), prefixed('b')], 'more than one message'],
    ['with an unknown flag', [prefixed('hello', 2).subarray(0, 4), prefixed('hello', 2).subarray(4)], 'wrong prefix'],
  ])('in several frames fails if it is %s', async (_, pieces, detail) => {
    const frames = pieces.map((piece) => data(1, piece, 0));
    const { fields } = await replyTo(headers(1, callFields(ECHO)), ...frames, data(1, Buffer.alloc(0)));
    expect(fields).toMatchObject({ 'grpc-status': INTERNAL, 'grpc-message': expect.stringContaining(detail) });
  });

  it('that is compressed fails, and the client learns what is accepted', async () => {
    const encoding = callFields(ECHO, ['grpc-encoding', 'gzip']);
    const { fields } = await replyTo(headers(1, encoding), data(1, prefixed('hello', 1)));
    expect(fields).toMatchObject({ 'grpc-status': UNIMPLEMENTED, 'grpc-accept-encoding': 'identity' });
  });

  it('goes through the collector of its method', async () => {
    const collect = () => {
      let bytes = 0;
      return {
        add: (piece: Buffer) => {
          bytes += piece.length;
          return 0;
        },
        end: () => Buffer.from(`${bytes} bytes`),
      };
    };
    const own = await serveUnary({ methods: new Map([[ECHO, { handle: ({ message }) => message, collect }]]) });
    const client = await RawClient.open(own.port);
    const long = prefixed(Buffer.alloc(100_000));
    client.send(headers(1, callFields(ECHO)));
    for (let at = 0; at < long.length; at += 10_000) client.send(data(1, long.subarray(at, at + 10_000), 0));
    client.send(data(1, Buffer.alloc(0)));
    expect((await client.reply(1)).body).toEqual(prefixed('100000 bytes'));
    await own.close();
  });
});

describe('a call', () => {
  it('has the metadata as they were sent', async () => {
    const method: UnaryMethod = {
      handle: (own) => Buffer.from(JSON.stringify([own.path, own.timeoutMs, ...own.values('x-twice')])),
    };
    const own = await serveUnary({ methods: new Map([[ECHO, method]]) });
    const client = await RawClient.open(own.port);
    client.send(headers(1, [...callFields(ECHO), ['x-twice', 'a, b'], ['grpc-timeout', '2M'], ['x-twice', 'c']]));
    client.send(data(1, prefixed('')));
    expect((await client.reply(1)).body).toEqual(prefixed('["/test.Service/Echo",120000,"a, b","c"]'));
    await own.close();
  });

  it('of a method that does not exist fails before it has ended', async () => {
    const { fields } = await replyTo(headers(1, callFields('/test.Service/None')));
    expect(fields).toMatchObject({ 'grpc-status': UNIMPLEMENTED, 'grpc-message': 'this server has no such method' });
  });

  it.each([
    ['an expired timeout', '0m', DEADLINE_EXCEEDED],
    ['a timeout without a unit', '100', INTERNAL],
    ['a timeout of nine digits', '123456789m', INTERNAL],
    ['an unknown unit', '1s', INTERNAL],
  ])('with %s fails', async (_, timeout, status) => {
    const { fields } = await replyTo(headers(1, callFields(ECHO, ['grpc-timeout', timeout])), data(1, prefixed('')));
    expect(fields).toMatchObject({ 'grpc-status': status });
  });

  it('fails when its time is over, and its late answer is dropped', async () => {
    const client = await RawClient.open(served.port);
    client.send(headers(1, callFields(WAIT, ['grpc-timeout', '20m'])), data(1, prefixed('slow')));
    expect((await client.reply(1)).fields).toMatchObject({ 'grpc-status': DEADLINE_EXCEEDED });
    served.answer(Buffer.from('late'));
    await client.settled();
    expect(client.frames.filter(({ id }) => id === 1)).toHaveLength(1);
  });

  it('is not answered when its connection is gone', async () => {
    const client = await RawClient.open(served.port);
    client.send(call(1, WAIT));
    await client.settled();
    client.socket.destroy();
    await expect.poll(() => served.events).toContain('closed');
    served.answer(Buffer.from('late'));
    expect(served.events.some((event) => event.startsWith('broken'))).toBe(false);
  });
});

describe('replies that were promised', () => {
  it('leave with one write if they are ready together', async () => {
    const client = await RawClient.open(served.port);
    client.send(call(1, WAIT), call(3, WAIT), call(5, WAIT));
    await client.settled();
    const reads: number[] = [];
    client.socket.on('data', (bytes: Buffer) => reads.push(bytes.length));
    for (const reply of ['one', 'two', 'three']) served.answer(Buffer.from(reply));
    expect((await client.reply(5)).body).toEqual(prefixed('three'));
    expect((await client.reply(1)).body).toEqual(prefixed('one'));
    expect(reads).toHaveLength(1);
  });
});
