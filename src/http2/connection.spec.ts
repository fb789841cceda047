import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  call,
  callFields,
  data,
  frame,
  headers,
  PREFACE,
  ping,
  prefixed,
  rstStream,
  type Setting,
  settings,
  windowUpdate,
} from '../../test/support/http2/frames.ts';
import { RawClient } from '../../test/support/http2/raw-client.ts';
import { ECHO, LONG, type ServedUnary, serveUnary, WAIT } from '../../test/support/http2/unary-server.ts';
import type { NewField } from './hpack/encoder.ts';

const LARGEST = 0x7fff_ffff;
const NO_ERROR = 0;
const PROTOCOL_ERROR = 1;
const FLOW_CONTROL_ERROR = 3;
const STREAM_CLOSED = 5;
const COMPRESSION_ERROR = 9;

let served: ServedUnary;

beforeAll(async () => {
  served = await serveUnary();
});

afterAll(() => served.close());

const open = (...pairs: readonly Setting[]): Promise<RawClient> => RawClient.open(served.port, ...pairs);

describe('frames', () => {
  it('are read in pieces of any length', async () => {
    const bytes = Buffer.concat([PREFACE, settings(), call(1, ECHO, 'one'), call(3, ECHO, 'two')]);
    for (const pieceBytes of [1, 2, 7, 100]) {
      const client = await RawClient.connect(served.port);
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        client.send(bytes.subarray(at, at + pieceBytes));
        // Has each piece arrive by itself.
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await client.reply(1)).body).toEqual(prefixed('one'));
      expect((await client.reply(3)).body).toEqual(prefixed('two'));
      client.socket.destroy();
    }
  });

  it('are answered with one write if they arrive together', async () => {
    const client = await open();
    await client.settled();
    const reads: number[] = [];
    client.socket.on('data', (bytes: Buffer) => reads.push(bytes.length));
    client.send(...Array.from({ length: 50 }, (_, at) => call(2 * at + 1, ECHO)));
    await client.reply(99);
    expect(reads).toHaveLength(1);
  });

  it('may have padding and priority', async () => {
    const client = await open();
    const block = headers(1, callFields(ECHO)).subarray(9);
    const padded = Buffer.concat([Buffer.of(3, 0, 0, 0, 5, 16), block, Buffer.alloc(3)]);
    client.send(frame(1, 4 | 8 | 32, 1, padded));
    client.send(frame(0, 1 | 8, 1, Buffer.concat([Buffer.of(2), prefixed('hello'), Buffer.alloc(2)])));
    expect((await client.reply(1)).body).toEqual(prefixed('hello'));
  });
});

describe('a connection error', () => {
  it.each([
    ['a preface of another protocol', Buffer.from('GET / HTTP/1.1\r\nhost: server\r\n\r\n'), PROTOCOL_ERROR],
    ['DATA on an idle stream', data(1, prefixed('')), PROTOCOL_ERROR],
    ['RST_STREAM on an idle stream', rstStream(1), PROTOCOL_ERROR],
    ['WINDOW_UPDATE of 0', windowUpdate(0, 0), PROTOCOL_ERROR],
    ['a window that is too large', windowUpdate(0, LARGEST), FLOW_CONTROL_ERROR],
    ['HEADERS on a stream of the server', headers(2, callFields(ECHO)), PROTOCOL_ERROR],
    ['an older stream id', Buffer.concat([call(5, ECHO), call(3, ECHO)]), PROTOCOL_ERROR],
    ['a stream that has ended', Buffer.concat([call(1, ECHO), headers(1, callFields(ECHO), 5)]), STREAM_CLOSED],
    [
      'a header block that cannot be decoded',
      frame(1, 5, 1, Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff)),
      COMPRESSION_ERROR,
    ],
    ['a frame within a header block', Buffer.concat([headers(1, callFields(ECHO), 0), ping()]), PROTOCOL_ERROR],
    ['a frame that is too long', frame(0, 0, 1, Buffer.alloc(16_385)), 6],
    ['PING of 4 bytes', frame(6, 0, 0, Buffer.alloc(4)), 6],
  ])('is told of by GOAWAY: %s', async (_, bytes, code) => {
    const client = await RawClient.connect(served.port);
    client.send(...(bytes.toString().startsWith('GET') ? [] : [PREFACE, settings()]), bytes);
    expect(await client.goaway()).toMatchObject({ code });
    await client.closed();
  });
});

describe('a stream error', () => {
  it.each<[what: string, fields: NewField[]]>([
    ['a field of a connection', callFields(ECHO, ['connection', 'close'])],
    ['te other than trailers', callFields(ECHO, ['te', 'gzip'])],
    ['an unknown pseudo-header', callFields(ECHO, [':unknown', '1'])],
    ['an empty path', callFields(ECHO, [':path', ''])],
    ['a pseudo-header twice', [[':path', ECHO], ...callFields(ECHO)]],
    ['a pseudo-header behind a field', [...callFields(ECHO).slice(1), [':method', 'POST']]],
    ['two content types', [...callFields(ECHO), ['content-type', 'application/grpc+proto']]],
    ['a wrong content-length', callFields(ECHO, ['content-length', '3'])],
  ])('resets the stream alone: %s', async (_, fields) => {
    const client = await open();
    client.send(headers(1, fields), data(1, prefixed('long')), call(3, ECHO, 'next'));
    expect(await client.reset(1)).toBe(PROTOCOL_ERROR);
    expect((await client.reply(3)).body).toEqual(prefixed('next'));
  });
});

describe('trailers', () => {
  it.each([
    ['a pseudo-header', ':path'],
    ['a field of a connection', 'connection'],
  ])('reset the stream alone if they have %s', async (_, name) => {
    const client = await open();
    const request = [headers(1, callFields(ECHO)), data(1, prefixed('hello'), 0)];
    client.send(...request, headers(1, [[name, ECHO]], 5), call(3, ECHO, 'next'));
    expect(await client.reset(1)).toBe(PROTOCOL_ERROR);
    expect((await client.reply(3)).body).toEqual(prefixed('next'));
  });
});

describe('a bug', () => {
  it('closes one connection alone', async () => {
    const collect = () => {
      throw new Error('a bug');
    };
    const own = await serveUnary({ methods: new Map([[ECHO, { handle: ({ message }) => message, collect }]]) });
    const [broken, other] = await Promise.all([RawClient.open(own.port), RawClient.open(own.port)]);
    broken.send(headers(1, callFields(ECHO)), data(1, prefixed('in pieces'), 0));
    expect(await broken.goaway()).toMatchObject({ code: 2 });
    await broken.closed();
    expect(own.events).toContain('broken: Error: a bug');
    other.send(call(1, ECHO, 'fine'));
    expect((await other.reply(1)).body).toEqual(prefixed('fine'));
    await own.close();
  });
});

describe('flow control', () => {
  it('writes a reply as the windows of connection and stream permit', async () => {
    const client = await open([4, 10]);
    client.send(call(1, LONG, '25'));
    await client.settled();
    client.send(windowUpdate(1, 10));
    await client.settled();
    client.send(settings([4, 20]));
    expect((await client.reply(1)).body).toEqual(prefixed(Buffer.alloc(25, 'l')));
    expect(client.frames.filter(({ type }) => type === 0).map(({ payload }) => payload.length)).toEqual([10, 10, 10]);
  });
});

describe('a call that the client gives up', () => {
  it('gets no answer, and others do', async () => {
    const client = await open();
    client.send(call(1, WAIT, 'gone'), call(3, WAIT, 'stays'), rstStream(1));
    await client.settled();
    served.answer(Buffer.from('late'));
    served.answer(Buffer.from('answer'));
    expect((await client.reply(3)).body).toEqual(prefixed('answer'));
    expect(client.frames.some(({ id }) => id === 1)).toBe(false);
  });
});

describe('a client that is asked to leave', () => {
  it('gets all calls answered that it made before it knew', async () => {
    const own = await serveUnary();
    const client = await RawClient.open(own.port);
    client.send(call(1, WAIT));
    await client.settled();
    own.server.drain();
    expect(await client.goaway()).toEqual({ lastId: LARGEST, code: NO_ERROR, detail: '' });
    const { payload } = await client.frame(({ type, flags }) => type === 6 && flags === 0);
    client.send(call(3, ECHO, 'crossing'), frame(6, 1, 0, payload), call(5, ECHO, 'too late'));
    expect((await client.reply(3)).body).toEqual(prefixed('crossing'));
    expect(await client.goaway((lastId) => lastId !== LARGEST)).toMatchObject({ lastId: 3, code: NO_ERROR });
    own.answer(Buffer.from('last'));
    expect((await client.reply(1)).body).toEqual(prefixed('last'));
    await client.closed();
    expect(client.frames.some(({ id }) => id === 5)).toBe(false);
    await own.close();
  });

  it('is asked when its connection is old', async () => {
    let now = 0;
    const own = await serveUnary({ clock: () => now, maxConnectionAgeMs: 100_000 });
    const client = await RawClient.open(own.port);
    client.send(call(1, WAIT));
    await client.settled();
    now = 89_000;
    expect(own.events).not.toContain('draining: age');
    now = 110_001;
    expect(await client.goaway()).toMatchObject({ lastId: LARGEST, code: NO_ERROR });
    // This client never acknowledges the PING.
    now += 1001;
    expect(await client.goaway((lastId) => lastId !== LARGEST)).toMatchObject({ lastId: 1 });
    own.answer(Buffer.from('last'));
    await client.reply(1);
    await client.closed();
    await own.close();
  });

  it('is cut off if its calls take too long', async () => {
    let now = 0;
    const own = await serveUnary({ clock: () => now, graceMs: 5000 });
    const client = await RawClient.open(own.port);
    client.send(call(1, WAIT));
    await client.settled();
    const closed = own.server.close(60_000);
    await client.goaway();
    now = 5001;
    await closed;
    await client.closed();
    await own.close();
  });

  it('does not delay the end with a request that never finishes', async () => {
    let now = 0;
    const own = await serveUnary({ clock: () => now });
    const client = await RawClient.open(own.port);
    client.send(headers(1, callFields(ECHO)));
    await client.settled();
    const closed = own.server.close(60_000);
    const { payload } = await client.frame(({ type, flags }) => type === 6 && flags === 0);
    client.send(frame(6, 1, 0, payload));
    await client.goaway((lastId) => lastId === 1);
    now = 1001;
    expect((await client.reply(1)).fields).toMatchObject({ 'grpc-status': '4' });
    await closed;
    await own.close();
  });

  it('is asked before its stream ids run out', async () => {
    const client = await open();
    client.send(call(LARGEST - 2, ECHO, 'near the end'));
    expect((await client.reply(LARGEST - 2)).body).toEqual(prefixed('near the end'));
    expect(await client.goaway()).toMatchObject({ lastId: LARGEST, code: NO_ERROR });
    const { payload } = await client.frame(({ type, flags }) => type === 6 && flags === 0);
    client.send(call(LARGEST, ECHO, 'the last one'), frame(6, 1, 0, payload));
    expect((await client.reply(LARGEST)).body).toEqual(prefixed('the last one'));
    await client.closed();
  });
});
