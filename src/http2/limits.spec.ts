import { afterEach, describe, expect, it } from 'vitest';
import {
  call,
  callFields,
  continuation,
  data,
  frame,
  headers,
  ping,
  prefixed,
  rstStream,
  type Setting,
  settings,
  windowUpdate,
} from '../../test/support/http2/frames.ts';
import { RawClient } from '../../test/support/http2/raw-client.ts';
import { ECHO, LONG, type ServedUnary, serveUnary, WAIT } from '../../test/support/http2/unary-server.ts';
import { DEFAULT_LIMITS, type Http2Limits } from './limits.ts';

const REFUSED_STREAM = 7;
const CANCEL = 8;
const COMPRESSION_ERROR = 9;
const ENHANCE_YOUR_CALM = 11;
const RESOURCE_EXHAUSTED = '8';
const LARGEST = 0x7fff_ffff;
const INITIAL_WINDOW = 65_535;

let served: ServedUnary;
/** The server's clock: a test moves it. */
let now = 0;

let running: NodeJS.Timeout | undefined;

afterEach(async () => {
  clearInterval(running);
  await served.close();
});

/** From now on the server's clock runs fast: it sees many sweeps within one limit, and soon the end of each. */
function runFast(): void {
  running = setInterval(() => {
    now += 8000;
  }, 100);
}

async function serve(limits: Partial<Http2Limits> = {}, ...pairs: readonly Setting[]): Promise<RawClient> {
  served = await serveUnary({ limits, clock: () => now });
  return RawClient.open(served.port, ...pairs);
}

const ids = (count: number, first = 1): number[] => Array.from({ length: count }, (_, at) => first + 2 * at);
const times = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes));

/** The client is served as usual: what it did cost the connection nothing. */
async function expectServed(client: RawClient, id = 9_999_999): Promise<void> {
  client.send(call(id, ECHO, 'still here'));
  expect((await client.reply(id)).body).toEqual(prefixed('still here'));
}

async function expectClosed(client: RawClient, detail: string): Promise<void> {
  expect(await client.goaway()).toMatchObject({ code: ENHANCE_YOUR_CALM, detail });
  await client.closed();
  expect(served.limits).toEqual([`${detail} closes`]);
}

describe('concurrentStreams', () => {
  it('refuses further calls, whose header blocks count', async () => {
    const client = await serve({ concurrentStreams: 2 });
    // The refused block adds a field to the table, which the next call uses: 62 is the newest entry.
    const added = Buffer.concat([
      headers(5, callFields(ECHO)).subarray(9),
      Buffer.from('40016101', 'hex'),
      Buffer.from('b'),
    ]);
    const used = Buffer.concat([headers(7, callFields(ECHO)).subarray(9), Buffer.of(0x80 | 62)]);
    client.send(call(1, WAIT), call(3, WAIT), frame(1, 4, 5, added), data(5, prefixed('refused')));
    expect(await client.reset(5)).toBe(REFUSED_STREAM);
    served.answer(Buffer.from('first'));
    await client.reply(1);
    client.send(frame(1, 4, 7, used), data(7, prefixed('accepted')));
    expect((await client.reply(7)).body).toEqual(prefixed('accepted'));
    expect(served.limits).toEqual(['concurrentStreams']);
  });

  it('counts calls that the client has given up while their methods run', async () => {
    const client = await serve({ concurrentStreams: 10 });
    for (const id of ids(100)) client.send(call(id, WAIT), rstStream(id));
    await client.settled();
    expect(served.waiting).toHaveLength(10);
    for (const _ of ids(10)) served.answer(Buffer.from('late'));
    await client.settled();
    await expectServed(client);
  });
});

describe('headerListBytes', () => {
  it('fails a call with a longer list', async () => {
    const client = await serve();
    const fields = callFields(ECHO, ...ids(5).map((id) => [`x-${id}`, 'v'.repeat(3200)] as const));
    const block = headers(1, fields).subarray(9);
    client.send(frame(1, 0, 1, block.subarray(0, 16_000)), continuation(1, block.subarray(16_000), 4));
    client.send(data(1, prefixed('hello')));
    expect((await client.reply(1)).fields).toMatchObject({ 'grpc-status': RESOURCE_EXHAUSTED });
    await expectServed(client);
    expect(served.limits).toEqual(['headerListBytes']);
  });

  it('counts fields without a name and without a value', async () => {
    const client = await serve();
    const empty = Buffer.concat([headers(1, callFields(ECHO)).subarray(9), times(600, Buffer.alloc(3))]);
    client.send(frame(1, 5, 1, empty));
    expect((await client.reply(1)).fields).toMatchObject({ 'grpc-status': RESOURCE_EXHAUSTED });
    await expectServed(client);
  });

  it('closes the connection for a block that is much longer', async () => {
    const client = await serve();
    client.send(frame(1, 0, 1, Buffer.alloc(16_384)), times(4, continuation(1, Buffer.alloc(16_384))));
    await expectClosed(client, 'headerListBytes');
  });
});

describe('headerTableBytes', () => {
  it('lets the client have no larger table', async () => {
    const client = await serve({ headerTableBytes: 100 });
    const { payload } = await client.frame(({ type, flags }) => type === 4 && flags === 0);
    expect(payload.subarray(0, 6)).toEqual(Buffer.from([0, 1, 0, 0, 0, 100]));
    client.send(frame(1, 5, 1, Buffer.from('3f46', 'hex')));
    expect(await client.goaway()).toMatchObject({ code: COMPRESSION_ERROR });
  });
});

describe('continuations', () => {
  it('closes the connection of a client that sends them without an end', async () => {
    const client = await serve();
    client.send(headers(1, callFields(ECHO), 0), times(1000, continuation(1, Buffer.alloc(0))));
    await expectClosed(client, 'continuations');
  });
});

describe('messageBytes', () => {
  it('fails a call with a longer message as soon as its length is known', async () => {
    const client = await serve({ messageBytes: 100 });
    client.send(headers(1, callFields(ECHO)), data(1, prefixed(Buffer.alloc(101)).subarray(0, 10), 0));
    expect((await client.reply(1)).fields).toMatchObject({ 'grpc-status': RESOURCE_EXHAUSTED });
    expect(await client.reset(1)).toBe(0);
    client.send(data(1, Buffer.alloc(20), 0), call(3, ECHO, Buffer.alloc(101)));
    expect((await client.reply(3)).fields).toMatchObject({ 'grpc-status': RESOURCE_EXHAUSTED });
    await expectServed(client);
    expect(served.limits).toEqual(['messageBytes', 'messageBytes']);
  });

  it('answers as the method says', async () => {
    const method = { handle: () => Buffer.from('never'), overLimit: () => Buffer.from('too long') };
    served = await serveUnary({ methods: new Map([[ECHO, method]]), limits: { messageBytes: 100 } });
    const client = await RawClient.open(served.port);
    client.send(call(1, ECHO, Buffer.alloc(101)));
    expect((await client.reply(1)).body).toEqual(prefixed('too long'));
  });
});

describe('heldBytes', () => {
  it('fails the call that goes beyond it, and frees what ends', async () => {
    const client = await serve({ heldBytes: 20_000 });
    const half = prefixed(Buffer.alloc(16_000)).subarray(0, 8005);
    const begin = (id: number): Buffer => Buffer.concat([headers(id, callFields(ECHO)), data(id, half, 0)]);
    client.send(begin(1), begin(3), begin(5));
    expect((await client.reply(5)).fields).toMatchObject({ 'grpc-status': RESOURCE_EXHAUSTED });
    client.send(rstStream(3), data(1, Buffer.alloc(8000)), begin(7), begin(9));
    expect((await client.reply(1)).body).toHaveLength(16_005);
    await client.settled();
    expect(served.limits).toEqual(['heldBytes']);
  });

  it('resets calls whose replies wait for a window', async () => {
    const client = await serve({ heldBytes: 20_000 }, [4, 0]);
    client.send(...ids(3).map((id) => call(id, LONG, '8000')));
    expect(await client.reset(5)).toBe(ENHANCE_YOUR_CALM);
    client.send(settings([4, INITIAL_WINDOW]));
    expect((await client.reply(1)).body).toHaveLength(8005);
    expect((await client.reply(3)).body).toHaveLength(8005);
  });
});

describe('totalHeldBytes', () => {
  const half = prefixed(Buffer.alloc(8000)).subarray(0, 4505);
  const rest = (id: number): Buffer => data(id, Buffer.alloc(3500));
  const begin = (id: number): Buffer => Buffer.concat([headers(id, callFields(ECHO)), data(id, half, 0)]);

  it('fails calls of connections that hold more than others, and no call of one that holds little', async () => {
    const greedy = await serve({ totalHeldBytes: 30_000 });
    const other = await RawClient.open(served.port);
    greedy.send(...ids(4).map(begin));
    await greedy.settled();
    other.send(...ids(4).map(begin));
    expect((await other.reply(7)).fields).toMatchObject({ 'grpc-status': RESOURCE_EXHAUSTED });
    const modest = await RawClient.open(served.port);
    modest.send(begin(1), call(3, ECHO, 'whole'), rest(1));
    expect((await modest.reply(3)).body).toEqual(prefixed('whole'));
    expect((await modest.reply(1)).body).toHaveLength(8005);
    expect(new Set(served.limits)).toEqual(new Set(['totalHeldBytes']));
    greedy.socket.destroy();
    await expect.poll(() => served.server.connections).toBe(2);
    other.send(begin(9));
    await other.settled();
    other.send(rest(9));
    expect((await other.reply(9)).body).toHaveLength(8005);
  });

  it('closes the connection of a long header block', async () => {
    const first = await serve({ totalHeldBytes: 40_000 });
    first.send(frame(1, 0, 1, Buffer.alloc(16_384)), continuation(1, Buffer.alloc(16_384)));
    const second = await RawClient.open(served.port);
    second.send(frame(1, 0, 1, Buffer.alloc(16_384)), continuation(1, Buffer.alloc(16_384)));
    await Promise.race([first.closed(), second.closed()]);
    expect(served.limits).toEqual(['totalHeldBytes closes']);
  });

  it('stops reading from clients that leave answers unread, sooner than outputBytes', async () => {
    const lazy = await serve({ outputBytes: 10_000_000, totalHeldBytes: 100_000 }, [4, LARGEST]);
    lazy.send(windowUpdate(0, LARGEST - INITIAL_WINDOW));
    await lazy.settled();
    lazy.socket.pause();
    let id = 1;
    while (!served.limits.includes('totalHeldBytes')) {
      lazy.send(...ids(50, id).map((one) => call(one, LONG, '16000')));
      id += 100;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await expectServed(await RawClient.open(served.port), 1);
    lazy.socket.resume();
    expect((await lazy.reply(id - 2)).body).toHaveLength(16_005);
  });
});

describe('outputBytes', () => {
  it('stops reading from a client that does not read, until it reads', async () => {
    const client = await serve({ outputBytes: 100_000 }, [4, LARGEST]);
    client.send(windowUpdate(0, LARGEST - INITIAL_WINDOW));
    await client.settled();
    client.socket.pause();
    let handled = 0;
    const sent = 2000;
    for (const id of ids(sent)) client.send(call(id, LONG, '16000'));
    while (!served.limits.includes('outputBytes')) await new Promise((resolve) => setImmediate(resolve));
    handled = client.frames.length;
    expect(handled).toBeLessThan(sent);
    client.socket.resume();
    expect((await client.reply(2 * sent - 1)).body).toHaveLength(16_005);
    expect(new Set(served.limits)).toEqual(new Set(['outputBytes']));
  });
});

describe('resets', () => {
  it('closes the connection of a client that resets requests before they are complete', async () => {
    const client = await serve();
    const attack = ids(1000).map((id) => Buffer.concat([headers(id, callFields(ECHO)), rstStream(id)]));
    client.send(...attack);
    await expectClosed(client, 'resets');
  });
});

describe('streamErrors', () => {
  it.each([
    ['WINDOW_UPDATE of 0', (id: number) => windowUpdate(id, 0)],
    ['a window that is too large', (id: number) => windowUpdate(id, LARGEST)],
    ['DATA after the end', (id: number) => data(id, Buffer.alloc(0))],
    ['HEADERS after the end', (id: number) => headers(id, callFields(WAIT), 5)],
    ['PRIORITY on itself', (id: number) => frame(2, 0, id, Buffer.from([0, 0, 0, id, 0]))],
    ['PRIORITY of the wrong length', (id: number) => frame(2, 0, id, Buffer.alloc(4))],
  ])('closes the connection of a client that provokes a reset of each call: %s', async (_, provoke) => {
    const client = await serve({ streamErrors: 50 });
    client.send(...ids(120).map((id) => Buffer.concat([call(id, WAIT), provoke(id)])));
    expect(await client.goaway()).toMatchObject({ code: ENHANCE_YOUR_CALM, detail: 'streamErrors' });
  });
});

describe('calls that are given up', () => {
  it('lets a client give up any number of calls that it made, as Envoy does in an overload', async () => {
    const client = await serve({ resets: 5, concurrentStreams: 500 });
    for (let round = 0; round < 20; round++) {
      const own = ids(500, 1 + 1000 * round);
      client.send(...own.map((id) => call(id, WAIT)));
      await client.settled();
      client.send(...own.map((id) => rstStream(id)));
      await client.settled();
      for (const _ of own) served.answer(Buffer.from('late'));
    }
    await expectServed(client);
    expect(served.waiting).toHaveLength(10_000);
    expect(served.limits).toEqual([]);
  });

  it('refuses calls beyond the limit any number of times', async () => {
    const client = await serve({ resets: 5, concurrentStreams: 1 });
    client.send(call(1, WAIT), ...ids(1000, 3).map((id) => call(id, ECHO)));
    expect(await client.reset(2001)).toBe(REFUSED_STREAM);
    served.answer(Buffer.from('done'));
    await client.reply(1);
    await expectServed(client);
  });
});

describe('the budgets of frames that make no call', () => {
  const floods = [
    ['pings', ping()],
    ['settings', settings()],
    ['idleFrames', windowUpdate(0, 1)],
    ['idleFrames', frame(2, 0, 1, Buffer.from([0, 0, 0, 3, 0]))],
    ['idleFrames', frame(0x77, 0, 1, Buffer.alloc(3))],
    ['idleFrames', frame(6, 1, 0, Buffer.alloc(8))],
    ['idleFrames', frame(4, 1, 0)],
    ['idleFrames', frame(7, 0, 0, Buffer.alloc(8))],
  ] as const;

  it.each(floods)('close the connection of a client that floods: %s', async (name, bytes) => {
    const client = await serve();
    client.send(times(DEFAULT_LIMITS[name] + 2, bytes));
    await expectClosed(client, name);
  });

  it('close the connection of a client that sends empty DATA', async () => {
    const client = await serve();
    client.send(headers(1, callFields(ECHO)), times(DEFAULT_LIMITS.emptyData + 1, data(1, Buffer.alloc(0), 0)));
    await expectClosed(client, 'emptyData');
  });

  it('close the connection of a client that sends RST_STREAM for calls that are answered', async () => {
    const client = await serve({ idleFrames: 10 });
    client.send(call(1, ECHO), times(100, rstStream(1)));
    await expectClosed(client, 'idleFrames');
  });

  it.each(floods)('grow with each call: %s', async (name, bytes) => {
    const client = await serve({ [name]: 5 });
    for (const id of ids(50)) {
      client.send(bytes, call(id, ECHO));
      await client.reply(id);
    }
    expect(served.limits).toEqual([]);
  });

  it('come back with time', async () => {
    const client = await serve({ pings: 10 });
    client.send(times(9, ping()));
    await client.settled();
    now += 10_000;
    client.send(times(9, ping()));
    await client.settled();
    expect(served.limits).toEqual([]);
  });
});

describe('prefaceMs', () => {
  it.each([
    ['sends nothing', Buffer.alloc(0)],
    ['sends a part of the preface', Buffer.from('PRI * HTTP/2.0\r\n')],
    ['sends no SETTINGS', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
  ])('closes the connection of a client that %s', async (_, bytes) => {
    served = await serveUnary({ clock: () => now });
    const client = await RawClient.connect(served.port);
    client.send(bytes);
    await client.frame(({ type }) => type === 4);
    now += DEFAULT_LIMITS.prefaceMs + 1;
    await expectClosed(client, 'prefaceMs');
  });
});

describe('requestMs', () => {
  it.each([
    ['header block', headers(1, callFields(ECHO), 0)],
    ['frame', headers(1, callFields(ECHO)).subarray(0, 30)],
    ['header of a frame', headers(1, callFields(ECHO)).subarray(0, 5)],
  ])('closes the connection of a client that does not finish a %s', async (_, bytes) => {
    const client = await serve();
    await client.settled();
    client.send(bytes);
    runFast();
    await expectClosed(client, 'requestMs');
  });

  it('ends calls whose message does not arrive, and nothing else', async () => {
    const client = await serve();
    client.send(headers(1, callFields(ECHO)), data(1, Buffer.alloc(3), 0), call(3, WAIT));
    client.send(headers(5, callFields(ECHO, ['grpc-timeout', '1S'])));
    await client.settled();
    now += 1001;
    expect((await client.reply(5)).fields).toMatchObject({ 'grpc-status': '4' });
    expect(served.limits).toEqual([]);
    now += DEFAULT_LIMITS.requestMs;
    expect((await client.reply(1)).fields).toMatchObject({ 'grpc-status': '4' });
    expect(await client.reset(1)).toBe(0);
    served.answer(Buffer.from('patient'));
    expect((await client.reply(3)).body).toEqual(prefixed('patient'));
    expect(served.limits).toEqual(['requestMs']);
  });
});

describe('sendMs', () => {
  it('resets calls for whose replies the client gives no window', async () => {
    const client = await serve({}, [4, 10]);
    client.send(call(1, LONG, '100'), call(3, ECHO, 'short'));
    await client.reply(3);
    now += DEFAULT_LIMITS.sendMs + 1;
    expect(await client.reset(1)).toBe(CANCEL);
    client.send(settings([4, INITIAL_WINDOW]));
    await expectServed(client);
    expect(served.limits).toEqual(['sendMs']);
  });

  it('resets calls whose replies the client takes a few bytes at a time', async () => {
    const client = await serve({}, [4, 10]);
    client.send(call(1, LONG, '100'));
    for (let given = 0; given < 5; given++) {
      client.send(windowUpdate(1, 5));
      await client.settled();
      now += DEFAULT_LIMITS.sendMs / 4;
    }
    expect(await client.reset(1)).toBe(CANCEL);
    expect(served.limits).toEqual(['sendMs']);
  });

  it('closes the connection of a client that reads nothing', async () => {
    const client = await serve({}, [4, LARGEST]);
    client.send(windowUpdate(0, LARGEST - INITIAL_WINDOW));
    await client.settled();
    client.socket.pause();
    for (const id of ids(2000)) client.send(call(id, LONG, '16000'));
    while (!served.limits.includes('outputBytes')) await new Promise((resolve) => setImmediate(resolve));
    runFast();
    while (served.server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(served.limits).toContain('sendMs closes');
  });
});
