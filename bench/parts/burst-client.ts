import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { CHECK_PATH } from '../../src/edge/ext-authz/door.ts';
import { loadPackage } from '../../src/edge/ext-authz/transports/grpc-js/definition.ts';
import {
  callFields,
  data,
  headers,
  PREFACE,
  prefixed,
  settings,
  settingsAck,
  windowUpdate,
} from '../../test/support/http2/frames.ts';
import { mint } from './first-seen.ts';

/** A thread that sends a burst of checks with new tokens on one connection, and asks about a known one on another meanwhile. */
export interface BurstTerms {
  readonly port: number;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  readonly tokens: number;
}

const { port, algorithm, privateKey, tokens } = workerData as BurstTerms;
/** The opening frame of an answer: HEADERS, with the end of the stream in its trailers. */
const HEADERS = 1;
const END_STREAM = 1;
const FRAME_HEADER_BYTES = 9;
/** For all answers. */
const WINDOW = 1_000_000_000;

/** Counts the calls that have ended on a connection. */
class Ends {
  readonly socket: Socket;
  ended = 0;
  private rest = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.read(bytes));
  }

  static async open(): Promise<Ends> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const ends = new Ends(socket);
    socket.write(Buffer.concat([PREFACE, settings(), settingsAck(), windowUpdate(0, WINDOW)]));
    return ends;
  }

  async reach(count: number): Promise<void> {
    while (this.ended < count) await once(this.socket, 'data');
  }

  private read(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    for (;;) {
      const length =
        this.rest.length < FRAME_HEADER_BYTES ? Number.NaN : FRAME_HEADER_BYTES + this.rest.readUIntBE(0, 3);
      if (!(this.rest.length >= length)) return;
      if (this.rest[3] === HEADERS && ((this.rest[4] ?? 0) & END_STREAM) !== 0) this.ended += 1;
      this.rest = this.rest.subarray(length);
    }
  }
}

function call(index: number, check: Buffer): Buffer {
  const id = 2 * index + 1;
  return Buffer.concat([headers(id, callFields(CHECK_PATH)), data(id, prefixed(check))]);
}

const loaded = loadPackage();

/** Encodes a check as Envoy sends it, with the fields of an ordinary request. */
function checkOf(token: string): Buffer {
  const [method, path, host] = ['GET', '/x', 'api.example.com'];
  const headers = {
    ':authority': host,
    ':method': method,
    ':path': path,
    ':scheme': 'https',
    accept: '*/*',
    'accept-encoding': 'gzip, br',
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'user-agent': 'android-sms-gateway/4.3.3',
    'x-forwarded-for': '198.51.100.9',
    'x-forwarded-proto': 'https',
    'x-request-id': '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  };
  const source = loaded.peer.serialize({ address: { socket_address: { address: '127.0.0.1' } } });
  return loaded.service.Check.requestSerialize({
    attributes: { source, request: { http: { method, path, host, headers } } },
  });
}

async function run(main: MessagePort): Promise<void> {
  const minted = await mint(algorithm, privateKey, tokens + 1);
  const [known = Buffer.alloc(0), ...unknown] = minted.map(checkOf);

  const [steady, burst] = [await Ends.open(), await Ends.open()];
  for (let index = 0; index < 200; index++) {
    steady.socket.write(call(index, known));
    await steady.reach(index + 1);
  }
  const whole = Buffer.concat(unknown.map((check, index) => call(index, check)));
  main.postMessage('ready');
  await once(main, 'message');
  const waits: number[] = [];
  burst.socket.write(whole);
  for (let index = 200; burst.ended < tokens; index++) {
    const sentMs = performance.now();
    steady.socket.write(call(index, known));
    await steady.reach(index + 1);
    waits.push(performance.now() - sentMs);
  }
  main.postMessage(waits);
  steady.socket.destroy();
  burst.socket.destroy();
}

if (parentPort !== null) await run(parentPort);
