import type { Calls } from './calls.ts';
import { writeRstStream } from './frames/control-frames.ts';
import { ErrorCode, Flag, LARGEST } from './frames/frame-format.ts';
import { areTrailers, kindOfField, type RequestHead, readHead } from './grpc/request-head.ts';
import { Status } from './grpc/status-code.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import type { DecodedBlock } from './hpack/header-field.ts';
import type { Link } from './link.ts';
import { Stream } from './stream.ts';

/** A client that has used this id is asked to leave, while there are ids for the calls of a round trip. Section 5.1.1. */
const LAST_COMFORTABLE_ID = LARGEST - 65_536;

/** Opens and ends calls as header blocks say. RFC 9113, section 8.1. */
export class Requests {
  readonly #link: Link;
  readonly #calls: Calls;
  readonly decoder: HpackDecoder;
  /** Whether the client knows which of its streams are the last: further ones are ignored. Section 6.8. */
  areOver = false;
  /** A client sends the same block again and again: the decoder then returns the same object. */
  #lastBlock: DecodedBlock | undefined;
  #lastHead: RequestHead | undefined;

  constructor(link: Link, calls: Calls) {
    this.#link = link;
    this.#calls = calls;
    const { headerTableBytes: maxTableBytes, headerListBytes: maxListBytes } = link.limits;
    this.decoder = new HpackDecoder({ maxTableBytes, maxListBytes, kindOf: kindOfField });
  }

  /** Takes a whole header block. It is decoded whatever becomes of its stream: section 4.3. */
  take(id: number, flags: number, isMalformed: boolean, bytes: Buffer, start: number, end: number): void {
    const { streams } = this.#link;
    const block = this.decoder.decode(bytes, start, end);
    const hasEnded = (flags & Flag.END_STREAM) !== 0;
    if (block.outcome === 'broken') {
      this.#link.fail(ErrorCode.COMPRESSION_ERROR, block.reason);
    } else if (id <= streams.lastId) {
      this.#takeTrailers(id, hasEnded && !isMalformed && block.outcome === 'fields' && areTrailers(block.fields));
    } else {
      streams.lastId = id;
      if (this.areOver) streams.close(id, hasEnded);
      else if (isMalformed || block.outcome === 'malformed') this.#link.streamError(id, ErrorCode.PROTOCOL_ERROR);
      else this.#open(id, hasEnded, block);
      if (id > LAST_COMFORTABLE_ID) this.#link.drain('stream ids');
    }
  }

  #open(id: number, hasEnded: boolean, block: Exclude<DecodedBlock, { outcome: 'broken' | 'malformed' }>): void {
    if (block.outcome === 'too-long') {
      this.#link.limitReached('headerListBytes');
      this.#link.sender.writeFailure(id, { code: Status.RESOURCE_EXHAUSTED, details: 'the header list is too long' });
      this.#refuse(id, hasEnded, ErrorCode.NO_ERROR);
      return;
    }
    if (block !== this.#lastBlock) {
      this.#lastBlock = block;
      this.#lastHead = readHead(block.fields, this.#link.methods);
    }
    const head = this.#lastHead;
    if (head === undefined) {
      this.#link.streamError(id, ErrorCode.PROTOCOL_ERROR);
    } else if (this.#calls.hasRoom) {
      this.#calls.open(new Stream(id, head, this.#link.now), hasEnded);
    } else {
      this.#link.limitReached('concurrentStreams');
      this.#refuse(id, hasEnded, ErrorCode.REFUSED_STREAM);
    }
  }

  /** Without an error, the reset only says that the rest of the request is not needed. Section 8.1. */
  #refuse(id: number, hasEnded: boolean, code: ErrorCode): void {
    if (!hasEnded || code !== ErrorCode.NO_ERROR) writeRstStream(this.#link.output, id, code);
    this.#link.streams.close(id, hasEnded);
  }

  /** Takes a block on a stream that is not new. Section 8.1. */
  #takeTrailers(id: number, areGood: boolean): void {
    const stream = this.#link.streams.get(id);
    if (stream !== undefined) {
      if (stream.hasEnded) this.#link.streamError(id, ErrorCode.STREAM_CLOSED);
      else if (areGood) this.#calls.endWithTrailers(stream);
      else this.#link.streamError(id, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    const closure = this.#link.streams.closureOf(id);
    if (closure === 'ended') this.#link.fail(ErrorCode.STREAM_CLOSED, 'HEADERS on a stream that has ended');
    else if (closure === 'forgotten') this.#link.fail(ErrorCode.PROTOCOL_ERROR, 'an older stream id');
  }
}
