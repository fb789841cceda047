import type { NewField } from '../../../src/http2/hpack/encoder.ts';
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
  settings,
  settingsAck,
  windowUpdate,
} from '../../support/http2/frames.ts';
import { ECHO, FAIL, LONG, REJECT, THROW, WAIT } from '../../support/http2/unary-server.ts';
import type { Random } from './random.ts';

/** The blocks of Envoy 1.40 for ext_authz: the first on a connection, and all others. */
const ENVOY_FIRST =
  '83049f60b5773fa5d05b3b98855c76a675fbb2bc36a673d86f63498f5317a7293aff41841da99fdf8640027465864d833505b11f40899acac8b2' +
  '4d494f6a7f8310014f5f8b1d75d0620d263d4c4d6564408cf2b16aee7f4b1aa496ca8747834d9697408bf2b4a7b3c0ec90b22d29ec870be25c0b' +
  '89717f4096f2b16aee7f4b17cd65224b22d6765926a4a7b52b528f821001';
const ENVOY_NEXT = '83049f60b5773fa5d05b3b98855c76a675fbb2bc36a673d86f63498f5317a7293affc486c3c2c1c0bfbe';

const PATHS = [ECHO, ECHO, ECHO, WAIT, FAIL, THROW, REJECT, '/none', '', 'no path'] as const;
const INTERESTING = [0, 1, 5, 100, 16_383, 16_384, 16_385, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1] as const;
const FIELDS: readonly [NewField, ...NewField[]] = [
  ['grpc-timeout', '1n'],
  ['grpc-timeout', '50m'],
  ['grpc-timeout', 'x'],
  ['content-length', '13'],
  ['content-length', '-1'],
  ['grpc-encoding', 'gzip'],
  ['te', 'gzip'],
  ['connection', 'close'],
  [':path', '/twice'],
  [':method', 'GET'],
  ['content-type', 'text/plain'],
  ['x', 'y'.repeat(900)],
];

/** Makes what a client could send after its preface: mostly right, and wrong in every way. */
export class Sequences {
  readonly #random: Random;
  #id = -1;
  #envoy = 0;
  #wrongOnceIn = 1;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Returns the frames of one connection. */
  connection(): Buffer[] {
    const random = this.#random;
    this.#id = random.once(50) ? 2 ** 31 - 1 - 2 * random.below(200) - 2 : -1;
    this.#envoy = 0;
    // From clients that make few mistakes, which come far, to those that make many.
    this.#wrongOnceIn = random.of([1_000_000, 500, 100, 10]);
    const frames = [this.#firstSettings()];
    const steps = 1 + random.below(random.of([10, 100, 400]));
    for (let step = 0; step < steps; step++) frames.push(...(this.#isWrong() ? this.#wrongStep() : this.#step()));
    if (this.#isWrong()) this.#disorder(frames);
    return frames.map((one) => (this.#isWrong() ? this.#damage(one) : one));
  }

  #isWrong(): boolean {
    return this.#random.once(this.#wrongOnceIn);
  }

  #firstSettings(): Buffer {
    const random = this.#random;
    return random.once(3) ? settings([4, random.below(100)], [1, random.below(2) * 4096]) : settings();
  }

  /** What a client may send, though some of it fails its stream. */
  #step(): readonly Buffer[] {
    const random = this.#random;
    switch (random.below(20)) {
      case 0:
      case 1:
        return this.#pieces();
      case 2:
        return [windowUpdate(random.once(2) ? 0 : this.#usedId(), 1 + random.below(9000))];
      case 3:
        return [random.once(9) ? settings([4, random.below(70_000)]) : settingsAck()];
      case 4:
        return [ping('12345678', random.below(2))];
      case 5:
        return [rstStream(this.#usedId(), random.below(16))];
      case 6:
        return [frame(2, 0, this.#usedId(), Buffer.from([0, 0, 0, 0, 9]))];
      case 7:
        return [headers(this.#nextId(), callFields(random.of(PATHS), random.of(FIELDS)), random.of([4, 5]))];
      case 8:
        return [data(this.#usedId(), random.bytes(random.below(40)), random.below(2))];
      case 9:
        return [call(this.#nextId(), LONG, String(random.below(40_000)))];
      case 10:
        return [frame(10 + random.below(246), random.below(256), this.#usedId(), random.bytes(random.below(30)))];
      default:
        return random.once(2) ? this.#envoyCall() : [call(this.#nextId(), random.of(PATHS), this.#message())];
    }
  }

  /** What mostly ends the connection. */
  #wrongStep(): readonly Buffer[] {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
        return [windowUpdate(random.once(2) ? 0 : this.#someId(), this.#number())];
      case 1:
        return [settings([random.below(10), this.#number()])];
      case 2:
        return [frame(random.below(14), random.below(256), this.#someId(), random.bytes(random.below(30)))];
      case 3:
        return [headers(this.#someId(), callFields(random.of(PATHS)), random.below(256))];
      case 4:
        return [rstStream(this.#someId()), data(this.#someId(), random.bytes(random.below(40)), random.below(256))];
      default:
        return [frame(1, random.of([4, 5, 0]), this.#nextId(), this.#block())];
    }
  }

  /** A call whose header block and message come in several frames, with padding and priority. */
  #pieces(): readonly Buffer[] {
    const random = this.#random;
    const id = this.#nextId();
    const block = headers(id, callFields(random.of(PATHS))).subarray(9);
    const cut = random.below(block.length);
    const padding = random.below(20);
    const priority = Buffer.concat([
      Buffer.of(padding),
      random.bytes(5),
      block.subarray(0, cut),
      Buffer.alloc(padding),
    ]);
    const message = prefixed(this.#message(), random.once(20) ? 1 : 0);
    const middle = random.below(message.length);
    return [
      frame(1, 0x28, id, priority),
      ...(random.once(5) ? [continuation(id, Buffer.alloc(0))] : []),
      continuation(id, block.subarray(cut), 4),
      data(id, message.subarray(0, middle), 0),
      frame(0, 8, id, Buffer.of(0)),
      ...(random.once(5) ? [] : [data(id, message.subarray(middle))]),
    ];
  }

  #envoyCall(): readonly Buffer[] {
    const id = this.#nextId();
    const block = Buffer.from(this.#envoy++ === 0 ? ENVOY_FIRST : ENVOY_NEXT, 'hex');
    return [frame(1, 4, id, block), data(id, prefixed(this.#message()))];
  }

  /** A header block with wrong bytes, or of wrong bytes. */
  #block(): Buffer {
    const random = this.#random;
    if (random.once(3)) return random.bytes(random.below(80));
    const block = Buffer.from(random.once(2) ? ENVOY_FIRST : ENVOY_NEXT, 'hex');
    for (let change = random.below(3); change >= 0; change--) block[random.below(block.length)] = random.bits();
    return random.once(5) ? block.subarray(0, random.below(block.length)) : block;
  }

  #message(): Buffer {
    const random = this.#random;
    return random.bytes(random.once(100) ? random.below(16_000) : random.below(50));
  }

  /** Drops, repeats and exchanges frames. */
  #disorder(frames: Buffer[]): void {
    const random = this.#random;
    for (let change = random.below(3); change >= 0; change--) {
      const some = frames[random.below(frames.length)] ?? settings();
      frames.splice(random.below(frames.length), random.below(2), some);
    }
  }

  /** Changes a byte of the header or of the payload; sometimes cuts the frame. */
  #damage(one: Buffer): Buffer {
    const random = this.#random;
    const damaged = Buffer.from(one);
    damaged[random.below(random.once(2) ? 9 : damaged.length)] = random.bits();
    return random.once(8) ? damaged.subarray(0, random.below(damaged.length)) : damaged;
  }

  #nextId(): number {
    this.#id = Math.min(this.#id + (this.#random.once(30) ? 4 : 2), 2 ** 31 - 1);
    return this.#id;
  }

  /** One of the last streams of the client. */
  #usedId(): number {
    return Math.max(1, this.#id - 2 * this.#random.below(6));
  }

  #someId(): number {
    return Math.max(0, this.#id - this.#random.below(6) + 2);
  }

  #number(): number {
    return this.#random.of(INTERESTING);
  }
}
