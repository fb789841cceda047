import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  call,
  callFields,
  continuation,
  data,
  frame,
  headers,
  PREFACE,
  ping,
  prefixed,
  rstStream,
  settings,
  settingsAck,
  windowUpdate,
} from '../../test/support/http2/frames.ts';
import { RawClient } from '../../test/support/http2/raw-client.ts';
import { ECHO, LONG, type ServedUnary, serveUnary, WAIT } from '../../test/support/http2/unary-server.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const LARGEST = 0x7fff_ffff;
const WAIT_LONG = { timeout: 60_000, interval: 10 };
/** Attackers at the same time. */
const ATTACKERS = 8;
/** What the server may keep of their requests, in bytes; and the buffers and objects of their connections. */
const MOST_KEPT = ATTACKERS * DEFAULT_LIMITS.heldBytes + 16_777_216;

let served: ServedUnary;
let witness: RawClient;
let witnessId = -1;

beforeAll(() => setFlagsFromString('--expose-gc'));

beforeEach(async () => {
  witnessId = -1;
  served = await serveUnary();
  witness = await RawClient.open(served.port);
});

afterEach(async () => {
  witness.socket.destroy();
  await served.close();
});

const ids = (count: number): number[] => Array.from({ length: count }, (_, at) => 1 + 2 * at);
const times = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes));
const block = (path: string): Buffer => headers(1, callFields(path)).subarray(9);

/** A literal that is put into the table, of 4,000 bytes. */
const LARGE_ENTRY = Buffer.concat([Buffer.from('4001617fa11e', 'hex'), Buffer.alloc(4000, 'v')]);
/** Empties the table, and gives it 4,096 bytes again. */
const CHURN = Buffer.from('203fe11f', 'hex');
const SMALL_ENTRY = Buffer.from('4001610162', 'hex');
/** Two literals that are not put into the table: one of the id below, and one of the fields. */
const ID_NAME = Buffer.from('0002696404', 'hex');
const SMALL_FIELD = Buffer.from('0001610162', 'hex');

/** HEADERS with 450 fields. No two blocks are the same. */
function longHeaders(id: number, path: string): Buffer {
  const ownId = Buffer.concat([ID_NAME, Buffer.from(String(id).padStart(4, '0'))]);
  return frame(1, 4, id, Buffer.concat([block(path), times(450, SMALL_FIELD), ownId]));
}

/** What an attacker sends after its SETTINGS, and the limits that may be reached; none if the server just does its work. */
const ATTACKS: readonly [name: string, limits: readonly string[], bytes: () => Buffer][] = [
  [
    'rapid reset: HEADERS and RST_STREAM',
    ['resets closes'],
    () => Buffer.concat(ids(5000).map((id) => Buffer.concat([headers(id, callFields(ECHO)), rstStream(id)]))),
  ],
  [
    'rapid reset of whole calls, more than may run at once',
    ['idleFrames closes', 'concurrentStreams'],
    () => Buffer.concat(ids(5000).map((id) => Buffer.concat([call(id, WAIT), rstStream(id)]))),
  ],
  [
    'made you reset: the server is made to reset each call',
    ['streamErrors closes'],
    () => Buffer.concat(ids(5000).map((id) => Buffer.concat([call(id, WAIT), windowUpdate(id, 0)]))),
  ],
  [
    'CONTINUATION without an end, with content',
    ['headerListBytes closes'],
    () => Buffer.concat([headers(1, callFields(ECHO), 0), times(200, continuation(1, Buffer.alloc(16_000, 0x82)))]),
  ],
  ['PING', ['pings closes'], () => times(20_000, ping())],
  ['SETTINGS', ['settings closes'], () => times(20_000, settings([4, 1], [4, 2], [4, 65_535]))],
  [
    'empty DATA',
    ['emptyData closes'],
    () => Buffer.concat([headers(1, callFields(ECHO)), times(20_000, data(1, Buffer.alloc(0), 0))]),
  ],
  [
    'empty DATA with padding',
    ['emptyData closes'],
    () =>
      Buffer.concat([
        headers(1, callFields(ECHO)),
        times(1000, frame(0, 8, 1, Buffer.concat([Buffer.of(255), Buffer.alloc(255)]))),
      ]),
  ],
  [
    'WINDOW_UPDATE on closed streams',
    ['idleFrames closes'],
    () => Buffer.concat([call(1, ECHO), times(20_000, windowUpdate(1, 1))]),
  ],
  ['PRIORITY', ['idleFrames closes'], () => times(20_000, frame(2, 0, 3, Buffer.from([0, 0, 0, 1, 5])))],
  [
    'requests that never end',
    ['heldBytes'],
    () =>
      Buffer.concat(
        ids(1000).map((id) =>
          Buffer.concat([headers(id, callFields(ECHO)), data(id, prefixed(Buffer.alloc(9001)).subarray(0, 9000), 0)]),
        ),
      ),
  ],
  [
    'requests that never end, with long header lists',
    ['heldBytes'],
    () => Buffer.concat(ids(1000).map((id) => longHeaders(id, ECHO))),
  ],
  [
    'calls with long header lists that are given up while they run',
    [],
    () =>
      Buffer.concat(
        ids(1000).map((id) => Buffer.concat([longHeaders(id, WAIT), data(id, prefixed('')), rstStream(id)])),
      ),
  ],
  [
    'a header bomb: one large entry, and many references to it',
    ['headerListBytes'],
    () => {
      const bomb = (id: number): Buffer =>
        frame(1, 5, id, Buffer.concat([block(ECHO), LARGE_ENTRY, times(12_000, Buffer.of(0xbe))]));
      return Buffer.concat(ids(80).map(bomb));
    },
  ],
  [
    'a header table that changes all the time',
    [],
    () => {
      const churn = (id: number): Buffer =>
        frame(1, 4, id, Buffer.concat([times(1000, CHURN), block(ECHO), times(300, SMALL_ENTRY)]));
      return Buffer.concat(ids(80).map((id) => Buffer.concat([churn(id), data(id, prefixed(''))])));
    },
  ],
  [
    'replies that the client gives no window for, and then a byte at a time',
    ['heldBytes', 'idleFrames closes'],
    () => {
      const calls = ids(1000).map((id) => call(id, LONG, '60000'));
      return Buffer.concat([settings([4, 0]), ...calls, ...ids(1000).map((id) => times(5, windowUpdate(id, 1)))]);
    },
  ],
];

/** What the protocol forbids: the connection ends with this error, and no limit is needed. */
const ERRORS: readonly [name: string, code: number, bytes: () => Buffer][] = [
  ['DATA of another stream within a header block', 1, () => within(data(1, prefixed('x')))],
  ['HEADERS of another stream within a header block', 1, () => within(headers(5, callFields(ECHO)))],
  ['CONTINUATION of another stream within a header block', 1, () => within(continuation(1, block(ECHO), 4))],
  ['an unknown frame within a header block', 1, () => within(frame(99, 0, 3))],
  ['the window of a connection above 2^31-1', 3, () => times(2, windowUpdate(0, LARGEST))],
  ['the initial window above 2^31-1', 3, () => settings([4, LARGEST + 1])],
  [
    'an initial window that makes one of a stream too large',
    3,
    () => Buffer.concat([call(1, WAIT), windowUpdate(1, LARGEST - 65_535), settings([4, 65_536])]),
  ],
  ['PRIORITY of the wrong length on an idle stream', 6, () => frame(2, 0, 1, Buffer.alloc(4))],
];

function within(other: Buffer): Buffer {
  return Buffer.concat([call(1, ECHO), headers(3, callFields(ECHO), 0), other]);
}

describe('an attack by several clients leaves other clients served and the memory bounded', () => {
  it.each(ATTACKS)('%s', async (_, limits, bytes) => {
    const attack = Buffer.concat([PREFACE, settings(), settingsAck(), bytes()]);
    const before = usedBytes();
    const sockets = await Promise.all(Array.from({ length: ATTACKERS }, () => attackWith(attack)));
    await expectWitnessServed();
    for (const limit of limits.slice(0, 1)) await vi.waitFor(() => expect(served.limits).toContain(limit), WAIT_LONG);
    for (const socket of sockets) await untilRead(socket);
    expect(new Set(served.limits)).toEqual(new Set(limits));
    expect(usedBytes() - before).toBeLessThan(MOST_KEPT);
    for (const socket of sockets) socket.destroy();
    await vi.waitFor(() => expect(served.server.connections).toBe(1), WAIT_LONG);
    await expectWitnessServed();
    expect(served.events.filter((event) => event.startsWith('broken'))).toEqual([]);
  });

  it.each(ERRORS)('%s', async (_, code, bytes) => {
    const client = await RawClient.open(served.port);
    client.send(bytes());
    expect(await client.goaway()).toMatchObject({ code });
    await client.closed();
    await expectWitnessServed();
  });
});

/** Literals that are put into the table, without a value: 124 of them fill it. */
const SMALL_ENTRIES = Buffer.concat(ids(124).map((id) => Buffer.from([0x40, 1, 97 + (id % 26), 0])));

/** A literal with the name of each of these entries, that is not put into the table. */
function valuesOfEach(value: string): Buffer {
  const names = ids(124).map((_, at) => 62 + at - 15);
  const integer = (rest: number): number[] => (rest < 0x80 ? [rest] : [(rest & 0x7f) | 0x80, rest >>> 7]);
  return Buffer.concat(names.map((rest) => Buffer.from([0x0f, ...integer(rest), 1, value.charCodeAt(0)])));
}

it('a table of small entries whose names come with new values takes little memory of each connection', async () => {
  const clients = 200;
  const blocks = [SMALL_ENTRIES, ...'abcd'.split('').map(valuesOfEach)];
  const attack = blocks.map((rest, at) => {
    const id = 1 + 2 * at;
    return Buffer.concat([frame(1, 4, id, Buffer.concat([block(ECHO), rest])), data(id, prefixed(''))]);
  });
  const before = usedBytes();
  const sockets: Socket[] = [];
  for (let count = 0; count < clients; count++) {
    sockets.push(await attackWith(Buffer.concat([PREFACE, settings(), settingsAck(), ...attack])));
  }
  for (const socket of sockets) await untilRead(socket);
  expect(served.limits).toEqual([]);
  expect(served.server.connections).toBe(clients + 1);
  // Those of the clients included.
  expect((usedBytes() - before) / clients).toBeLessThan(64_000);
  for (const socket of sockets) socket.destroy();
});

/** Sends an attack, and reads nothing but bytes. Resolves when the operating system has taken it, or the server has had enough. */
async function attackWith(bytes: Buffer): Promise<Socket> {
  const socket = connect({ port: served.port, host: '127.0.0.1' });
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.write(bytes, () => resolve());
  });
  return socket;
}

/** Resolves when the server has read what an attacker sent: it answers a last PING, or it has closed the connection. */
async function untilRead(socket: Socket): Promise<void> {
  if (socket.destroyed || !socket.writable) return;
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    let last = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      last = Buffer.concat([last.subarray(-16), bytes]);
      if (last.includes('the end!')) resolve();
    });
    socket.write(ping('the end!'));
  });
}

async function expectWitnessServed(): Promise<void> {
  witnessId += 2;
  witness.send(call(witnessId, ECHO, 'still here'));
  expect((await witness.reply(witnessId)).body).toEqual(prefixed('still here'));
  witness.frames.length = 0;
}

/** Bytes of objects and buffers that are in use. */
function usedBytes(): number {
  // Node's own function, which the flag above adds to new contexts.
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
