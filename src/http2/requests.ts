import type { Calls } from './calls.ts';
import { ErrorCode, Flag, FrameType, LARGEST, words } from './frames/frame-format.ts';
import { areTrailers, kindOfField, type RequestHead, readHead } from './grpc/request-head.ts';
import { Status } from './grpc/status-code.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import type { DecodedBlock } from './hpack/header-field.ts';
import { FAIR_SHARE } from './limits.ts';
import type { Link } from './link.ts';
import { Stream } from './stream.ts';
import type { UnaryFailure } from './unary.ts';

/** A client that has used this id is asked to leave, while there are ids for the calls of a round trip. Section 5.1.1. */
const LAST_COMFORTABLE_ID = LARGEST - 65_536;

/** The longest header block, as a multiple of the longest header list: what is longer cannot be of use. */
const MOST_LISTS = 4;

const TOO_LONG: UnaryFailure = { code: Status.RESOURCE_EXHAUSTED, details: 'the header list is too long' };

const NOTHING: Buffer = Buffer.alloc(0);

/** Joins header blocks, and opens and ends calls as they say. RFC 9113, sections 4.3 and 8.1. */
export class Requests {
  readonly #link: Link;
  readonly #calls: Calls;
  readonly #decoder: HpackDecoder;
  /** The stream of a block of which CONTINUATION frames are missing; 0 if there is none. */
  blockId = 0;
  /** When that block began; infinite if there is none. */
  blockSince = Number.POSITIVE_INFINITY;
  #block = NOTHING;
  #blockFlags = 0;
  #isMalformed = false;
  #continuations = 0;
  /** A client sends the same block again and again: the decoder then returns the same object. */
  #lastBlock: DecodedBlock | undefined;
  #lastHead: RequestHead | undefined;

  constructor(link: Link, calls: Calls) {
    this.#link = link;
    this.#calls = calls;
    const { headerTableBytes: maxTableBytes, headerListBytes: maxListBytes } = link.parts.limits;
    this.#decoder = new HpackDecoder({ maxTableBytes, maxListBytes, kindOf: kindOfField });
  }

  settingsAcknowledged(): void {
    this.#decoder.settingsAcknowledged();
  }

  /** Takes the block of a HEADERS frame, or its beginning. `isMalformed` if the frame itself is wrong. */
  headers(id: number, flags: number, isMalformed: boolean, bytes: Buffer, start: number, end: number): void {
    this.#isMalformed = isMalformed;
    this.#blockFlags = flags;
    if ((flags & Flag.END_HEADERS) !== 0) {
      this.#take(id, bytes, start, end);
      return;
    }
    this.blockId = id;
    this.blockSince = this.#link.now;
    this.#keep(Buffer.from(bytes.subarray(start, end)));
    this.#continuations = 0;
  }

  /** Takes more of a block. Section 6.10. */
  continuation(flags: number, piece: Buffer): void {
    const { continuations, headerListBytes } = this.#link.parts.limits;
    const block = Buffer.concat([this.#block, piece]);
    this.#keep(block);
    if (++this.#continuations > continuations) this.#link.exceed('continuations');
    else if (block.length > MOST_LISTS * headerListBytes) this.#link.exceed('headerListBytes');
    else if (block.length > FAIR_SHARE && this.#link.isCrowded) this.#link.exceed('totalHeldBytes');
    else if ((flags & Flag.END_HEADERS) !== 0) {
      const id = this.blockId;
      this.blockId = 0;
      this.blockSince = Number.POSITIVE_INFINITY;
      this.#keep(NOTHING);
      this.#take(id, block, 0, block.length);
    }
  }

  #keep(block: Buffer): void {
    this.#link.streams.hold(block.length - this.#block.length);
    this.#block = block;
  }

  /** The connection has ended. */
  forget(): void {
    this.#keep(NOTHING);
  }

  /** Takes a whole block. It is decoded whatever becomes of its stream: section 4.3. */
  #take(id: number, bytes: Buffer, start: number, end: number): void {
    const { streams, areCallsOver } = this.#link;
    const block = this.#decoder.decode(bytes, start, end);
    const hasEnded = (this.#blockFlags & Flag.END_STREAM) !== 0;
    const isMalformed = this.#isMalformed || block.outcome === 'malformed';
    if (block.outcome === 'broken') {
      this.#link.fail(ErrorCode.COMPRESSION_ERROR, block.reason);
    } else if (id <= streams.lastId) {
      this.#trailers(id, hasEnded && !isMalformed && block.outcome === 'fields' && areTrailers(block.fields));
    } else {
      streams.lastId = id;
      if (areCallsOver) streams.remember(id, hasEnded);
      else if (block.outcome === 'too-long') this.#tooLong(id, hasEnded);
      else this.#open(id, hasEnded, isMalformed ? undefined : this.#headOf(block));
      if (id > LAST_COMFORTABLE_ID) this.#link.drain('stream ids');
    }
  }

  #headOf(block: Extract<DecodedBlock, { fields: unknown }>): RequestHead | undefined {
    if (block !== this.#lastBlock) this.#lastHead = readHead(block.fields, this.#link.parts.methods);
    this.#lastBlock = block;
    return this.#lastHead;
  }

  #open(id: number, hasEnded: boolean, head: RequestHead | undefined): void {
    if (head === undefined) {
      this.#calls.streamError(id, ErrorCode.PROTOCOL_ERROR);
    } else if (this.#calls.hasRoom) {
      this.#calls.open(new Stream(id, head, this.#link.now), hasEnded);
    } else {
      this.#link.limitReached('concurrentStreams');
      this.#link.output.frame(FrameType.RST_STREAM, 0, id, words(ErrorCode.REFUSED_STREAM));
      this.#link.streams.remember(id, hasEnded);
    }
  }

  #tooLong(id: number, hasEnded: boolean): void {
    this.#link.limitReached('headerListBytes');
    this.#link.sender.writeFailure(id, TOO_LONG);
    if (!hasEnded) this.#link.output.frame(FrameType.RST_STREAM, 0, id, words(ErrorCode.NO_ERROR));
    this.#link.streams.remember(id, hasEnded);
  }

  /** Takes a block on a stream that is not new. Section 8.1. */
  #trailers(id: number, areGood: boolean): void {
    const stream = this.#link.streams.get(id);
    const closure = this.#link.streams.closureOf(id);
    if (stream?.hasEnded === false && areGood) this.#calls.endWithTrailers(stream);
    else if (stream !== undefined) {
      this.#calls.streamError(id, stream.hasEnded ? ErrorCode.STREAM_CLOSED : ErrorCode.PROTOCOL_ERROR);
    } else if (closure === 'ended') this.#link.fail(ErrorCode.STREAM_CLOSED, 'HEADERS on a stream that has ended');
    else if (closure === 'forgotten') this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'an older stream id');
  }
}
