import { readUint32 } from '../frames/frame-format.ts';
import type { MessageCollector, UnaryFailure, UnaryReply } from '../unary.ts';
import { MESSAGE_PREFIX_BYTES } from './reply-templates.ts';
import { Status } from './status-code.ts';

const COMPRESSED: UnaryFailure = { code: Status.UNIMPLEMENTED, details: 'compressed messages are not supported' };
const WRONG_PREFIX: UnaryFailure = { code: Status.INTERNAL, details: 'wrong prefix of the message' };
export const TOO_LONG: UnaryFailure = { code: Status.RESOURCE_EXHAUSTED, details: 'the message is too long' };
const SURPLUS: UnaryFailure = { code: Status.INTERNAL, details: 'more than one message' };
export const INCOMPLETE: UnaryFailure = { code: Status.INTERNAL, details: 'incomplete message' };

/**
 * Returns why a message with this prefix is not acceptable.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#length-prefixed-message
 */
function prefixFailure(flag: number, length: number, mostBytes: number): UnaryFailure | undefined {
  if (flag !== 0) return flag === 1 ? COMPRESSED : WRONG_PREFIX;
  return length > mostBytes ? TOO_LONG : undefined;
}

/** Returns the message of a body that lies in one piece from `start` to `end`, or why it is not acceptable. */
export function wholeMessage(bytes: Buffer, start: number, end: number, mostBytes: number): UnaryReply {
  const length = end - start - MESSAGE_PREFIX_BYTES;
  if (length < 0) return INCOMPLETE;
  const prefix = readUint32(bytes, start + 1);
  const failure = prefixFailure(bytes[start] ?? 0, prefix, mostBytes);
  if (failure !== undefined) return failure;
  if (prefix !== length) return prefix < length ? SURPLUS : INCOMPLETE;
  return bytes.subarray(start + MESSAGE_PREFIX_BYTES, end);
}

/** Reads the body of a request that arrives in pieces: one message with its prefix. */
export class MessageReader {
  readonly #collector: MessageCollector;
  readonly #mostBytes: number;
  readonly #prefix = Buffer.alloc(MESSAGE_PREFIX_BYTES);
  #prefixBytes = 0;
  #missing = 0;
  /** What the collector holds. */
  heldBytes = 0;

  constructor(collector: MessageCollector, mostBytes: number) {
    this.#collector = collector;
    this.#mostBytes = mostBytes;
  }

  /** Takes the next piece of the body. Returns why the message is not acceptable. */
  add(bytes: Buffer, start: number, end: number): UnaryFailure | undefined {
    let at = start;
    while (this.#prefixBytes < MESSAGE_PREFIX_BYTES && at < end) {
      this.#prefix[this.#prefixBytes++] = bytes[at++] ?? 0;
      if (this.#prefixBytes < MESSAGE_PREFIX_BYTES) continue;
      this.#missing = readUint32(this.#prefix, 1);
      const failure = prefixFailure(this.#prefix[0] ?? 0, this.#missing, this.#mostBytes);
      if (failure !== undefined) return failure;
    }
    if (at === end) return undefined;
    this.#missing -= end - at;
    if (this.#missing < 0) return SURPLUS;
    this.heldBytes = this.#collector.add(bytes.subarray(at, end));
    return undefined;
  }

  /** Returns the message, or why it is not acceptable. */
  end(): UnaryReply {
    if (this.#prefixBytes < MESSAGE_PREFIX_BYTES || this.#missing > 0) return INCOMPLETE;
    return this.#collector.end();
  }
}

const FIRST_ROOM = 4096;

/** Keeps a whole message, in room that doubles: a prefix alone reserves nothing. */
export function collectWhole(): MessageCollector {
  let room = Buffer.alloc(0);
  let length = 0;
  return {
    add(piece) {
      if (length + piece.length > room.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_ROOM, 2 * room.length, length + piece.length));
        room.copy(larger, 0, 0, length);
        room = larger;
      }
      length += piece.copy(room, length);
      return room.length;
    },
    end: () => room.subarray(0, length),
  };
}
