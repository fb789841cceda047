import type { Calls } from './calls.ts';
import { writeRstStream } from './frames/control-frames.ts';
import { ErrorCode, Flag, LARGEST } from './frames/frame-format.ts';
import { areTrailers, kindOfField, type RequestHead, readHead } from './grpc/request-head.ts';
import { Status } from './grpc/status-code.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import type { DecodedBlock, DecodedFields } from './hpack/header-field.ts';
import type { Http2Limits } from './limits.ts';
import type { Http2Observer } from './observer.ts';
import type { Output } from './output.ts';
import type { Sender } from './sender.ts';
import { Stream } from './stream.ts';
import type { StreamTable } from './stream-table.ts';
import type { UnaryFailure, UnaryMethod } from './unary.ts';

/** What the client may send on a stream before this side gives more. RFC 9113, section 6.9. */
export const STREAM_WINDOW = 262_144;

/** A client that has used this id is asked to leave, while there are ids for the calls of a round trip. Section 5.1.1. */
const LAST_COMFORTABLE_ID = LARGEST - 65_536;

const LIST_TOO_LONG: UnaryFailure = { code: Status.RESOURCE_EXHAUSTED, details: 'the header list is too long' };

/** What the header blocks of a connection act on. */
export interface RequestParts {
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  readonly limits: Http2Limits;
  readonly observer: Http2Observer;
  readonly output: Output;
  readonly sender: Sender;
  readonly streams: StreamTable;
  readonly calls: Calls;
  readonly now: () => number;
  readonly fail: (code: ErrorCode, detail: string) => void;
  readonly streamError: (id: number, code: ErrorCode) => void;
  readonly idsRunOut: () => void;
}

/** Opens and ends calls as header blocks say. RFC 9113, section 8.1. */
export class Requests {
  readonly #parts: RequestParts;
  readonly decoder: HpackDecoder;
  /** Whether the client knows which of its streams are the last: further ones are ignored. Section 6.8. */
  areOver = false;
  /** A client sends the same block again and again; the decoder then returns the same fields. */
  #lastFields: DecodedFields | undefined;
  #lastHead: RequestHead | undefined;

  constructor(parts: RequestParts) {
    this.#parts = parts;
    const { headerTableBytes, headerListBytes } = parts.limits;
    this.decoder = new HpackDecoder({
      maxTableBytes: headerTableBytes,
      maxListBytes: headerListBytes,
      kindOf: kindOfField,
    });
  }

  /** Takes a whole header block. It is decoded whatever becomes of its stream: section 4.3. */
  take(id: number, flags: number, isMalformed: boolean, bytes: Buffer, start: number, end: number): void {
    const { streams } = this.#parts;
    const block = this.decoder.decode(bytes, start, end);
    const hasEnded = (flags & Flag.END_STREAM) !== 0;
    if (block.outcome === 'broken') {
      this.#parts.fail(ErrorCode.COMPRESSION_ERROR, block.reason);
    } else if (id <= streams.lastId) {
      this.#takeTrailers(id, hasEnded && !isMalformed && block.outcome === 'fields' && areTrailers(block.fields));
    } else {
      streams.lastId = id;
      if (this.areOver) streams.close(id, hasEnded);
      else if (isMalformed || block.outcome === 'malformed') this.#parts.streamError(id, ErrorCode.PROTOCOL_ERROR);
      else if (!this.#parts.calls.hasRoom) this.#refuse(id, hasEnded);
      else this.#open(id, hasEnded, block);
      if (id > LAST_COMFORTABLE_ID) this.#parts.idsRunOut();
    }
  }

  #open(id: number, hasEnded: boolean, block: Exclude<DecodedBlock, { outcome: 'broken' | 'malformed' }>): void {
    const { methods, streamError, sender, output, streams } = this.#parts;
    if (block.outcome === 'too-long') {
      this.#parts.observer.limitReached('headerListBytes');
      sender.writeFailure(id, LIST_TOO_LONG);
      if (!hasEnded) writeRstStream(output, id, ErrorCode.NO_ERROR);
      streams.close(id, hasEnded);
      return;
    }
    if (block !== this.#lastFields) {
      this.#lastFields = block;
      this.#lastHead = readHead(block.fields, methods);
    }
    const head = this.#lastHead;
    if (head === undefined) streamError(id, ErrorCode.PROTOCOL_ERROR);
    else this.#parts.calls.open(new Stream(id, head, this.#parts.now(), STREAM_WINDOW), hasEnded);
  }

  #refuse(id: number, hasEnded: boolean): void {
    this.#parts.observer.limitReached('concurrentStreams');
    writeRstStream(this.#parts.output, id, ErrorCode.REFUSED_STREAM);
    this.#parts.streams.close(id, hasEnded);
  }

  /** Takes a block on a stream that is not new. Section 8.1. */
  #takeTrailers(id: number, areGood: boolean): void {
    const { streams, fail, streamError } = this.#parts;
    const stream = streams.get(id);
    if (stream !== undefined && !stream.hasEnded && areGood) {
      this.#parts.calls.endWithTrailers(stream);
    } else if (stream !== undefined) {
      streamError(id, stream.hasEnded ? ErrorCode.STREAM_CLOSED : ErrorCode.PROTOCOL_ERROR);
    } else {
      const closure = streams.closureOf(id);
      if (closure === 'ended') fail(ErrorCode.STREAM_CLOSED, 'HEADERS on a stream that has ended');
      else if (closure === 'forgotten')
        fail(ErrorCode.PROTOCOL_ERROR, 'a stream id that is not higher than the last one');
    }
  }
}
