import { writeRstStream } from './frames/control-frames.ts';
import { ErrorCode } from './frames/frame-format.ts';
import { collectWhole, MessageReader, TOO_LONG, wholeMessage } from './grpc/message-reader.ts';
import { Status } from './grpc/status-code.ts';
import type { Http2Limits, LimitName } from './limits.ts';
import type { Http2Observer } from './observer.ts';
import type { Output } from './output.ts';
import type { Sender } from './sender.ts';
import type { Stream } from './stream.ts';
import type { StreamTable } from './stream-table.ts';
import type { UnaryFailure, UnaryMethod, UnaryReply } from './unary.ts';

const FAILED: UnaryFailure = { code: Status.INTERNAL, details: 'internal error' };
const NO_MESSAGE: UnaryFailure = { code: Status.INTERNAL, details: 'no message' };
const EXPIRED: UnaryFailure = { code: Status.DEADLINE_EXCEEDED, details: 'deadline exceeded' };
const TOO_MUCH_HELD: UnaryFailure = {
  code: Status.RESOURCE_EXHAUSTED,
  details: 'too much unfinished on this connection',
};

/** The longest time of a timer in Node, in milliseconds: longer ones would end at once. */
const LONGEST_TIMER = 0x7fff_ffff;

/** What the calls of a connection use of it. */
export interface CallParts {
  readonly limits: Http2Limits;
  readonly observer: Http2Observer;
  readonly output: Output;
  readonly sender: Sender;
  readonly streams: StreamTable;
  readonly now: () => number;
  /** Resets a stream because of the client's mistake, which counts against it. */
  readonly streamError: (id: number, code: ErrorCode) => void;
  /** Has what is composed written when the current turn of the event loop is over. */
  readonly flushSoon: () => void;
  /** Closes the connection because of a bug of this library. */
  readonly broken: (error: unknown) => void;
}

/** The calls of one connection, from their header section to the reply: gRPC over HTTP/2. */
export class Calls {
  readonly #parts: CallParts;
  /** Calls that were handed to their methods so far. */
  accepted = 0;
  /** Calls that are closed while their methods still run: they count against `concurrentStreams`. */
  #abandoned = 0;
  #heldBytes = 0;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  /** Whether one more call is within `concurrentStreams`. */
  get hasRoom(): boolean {
    return this.#parts.streams.size + this.#abandoned < this.#parts.limits.concurrentStreams;
  }

  /** Begins a call. `hasEnded` if it has no body. */
  open(stream: Stream, hasEnded: boolean): void {
    this.#parts.streams.add(stream);
    const { target } = stream.head;
    if (hasEnded) this.#end(stream, NO_MESSAGE);
    // Does not wait for the end of the request: a client of a streaming method ends it after the first reply.
    else if ('code' in target) this.#fail(stream, target);
  }

  /** Takes the data of a DATA frame. `isEnd` if no more follow. */
  data(stream: Stream, bytes: Buffer, start: number, end: number, isEnd: boolean): void {
    stream.bodyBytes += end - start;
    const { target, contentLength } = stream.head;
    if (contentLength >= 0 && stream.bodyBytes > contentLength) {
      this.#parts.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    const { messageBytes } = this.#parts.limits;
    if (!('handle' in target)) {
      if (isEnd) this.#end(stream, NO_MESSAGE);
    } else if (isEnd && stream.reader === undefined) {
      this.#end(stream, wholeMessage(bytes, start, end, messageBytes));
    } else {
      stream.reader ??= new MessageReader((target.collect ?? collectWhole)(), messageBytes);
      const failure = stream.reader.add(bytes, start, end) ?? this.#hold(stream, stream.reader.heldBytes);
      if (failure !== undefined) this.#fail(stream, failure, isEnd);
      else if (isEnd) this.#end(stream, stream.reader.end());
    }
  }

  /** Ends a request with trailers. */
  endWithTrailers(stream: Stream): void {
    this.#end(stream, stream.reader === undefined ? NO_MESSAGE : stream.reader.end());
  }

  /** Closes a stream: whatever its method answers later is dropped. */
  close(stream: Stream): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    if (stream.isRunning) this.#abandoned++;
    if (stream.timer !== undefined) clearTimeout(stream.timer);
    if (stream.unsent !== undefined) this.#parts.sender.waiting.delete(stream);
    this.#heldBytes -= stream.heldBytes;
    this.#parts.streams.close(stream.id, stream.hasEnded);
  }

  /** Ends the calls that take longer than the limits permit. */
  sweep(now: number): void {
    const { limits, streams } = this.#parts;
    for (const stream of streams) {
      if (!stream.hasEnded) this.#sweepUnfinished(stream, now);
      else if (stream.unsent !== undefined && now - stream.unsentSince > limits.sendMs) {
        this.#leave(stream, ErrorCode.CANCEL, 'sendMs');
      }
    }
  }

  /** Writes the replies that waited for a window. */
  resume(now: number): void {
    this.#parts.sender.resume(now, (stream) => this.#replied(stream));
  }

  #sweepUnfinished(stream: Stream, now: number): void {
    const { requestMs } = this.#parts.limits;
    if (now - stream.openedAt <= Math.min(requestMs, stream.timeoutMs)) return;
    if (stream.timeoutMs >= requestMs) this.#parts.observer.limitReached('requestMs');
    this.#fail(stream, EXPIRED);
  }

  /** Takes the end of a request whose body came to `message`. */
  #end(stream: Stream, message: UnaryReply): void {
    stream.hasEnded = true;
    stream.reader = undefined;
    this.#hold(stream, 0);
    const { target, contentLength } = stream.head;
    if (contentLength >= 0 && stream.bodyBytes !== contentLength) {
      this.#parts.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
    } else if ('status' in target) {
      this.#parts.sender.writeRefusal(stream.id, target);
      this.#replied(stream);
    } else if ('code' in target) {
      this.#fail(stream, target);
    } else if (!Buffer.isBuffer(message)) {
      this.#fail(stream, message);
    } else if (stream.timeoutMs <= 0) {
      this.#fail(stream, EXPIRED);
    } else {
      this.#handle(stream, target, message);
    }
  }

  #handle(stream: Stream, method: UnaryMethod, message: Buffer): void {
    this.accepted++;
    stream.isAccepted = true;
    stream.message = message;
    let reply: UnaryReply | Promise<UnaryReply>;
    try {
      reply = method.handle(stream);
    } catch (error) {
      this.#parts.observer.methodFailed(stream.path, error);
      reply = FAILED;
    }
    stream.forgetMessage();
    if (!(reply instanceof Promise)) {
      this.#reply(stream, reply);
      return;
    }
    stream.isRunning = true;
    if (stream.timeoutMs <= LONGEST_TIMER) {
      stream.timer = setTimeout(expire, stream.timeoutMs, this, stream);
    }
    void this.#await(stream, reply);
  }

  async #await(stream: Stream, promise: Promise<UnaryReply>): Promise<void> {
    let reply: UnaryReply;
    try {
      reply = await promise;
    } catch (error) {
      this.#parts.observer.methodFailed(stream.path, error);
      reply = FAILED;
    }
    stream.isRunning = false;
    if (stream.isClosed) {
      this.#abandoned--;
      return;
    }
    try {
      this.#reply(stream, reply);
      this.#parts.flushSoon();
    } catch (error) {
      this.#parts.broken(error);
    }
  }

  /** The client no longer waits for the reply of a method. */
  expire(stream: Stream): void {
    if (stream.isClosed) return;
    try {
      this.#fail(stream, EXPIRED);
      this.#parts.flushSoon();
    } catch (error) {
      this.#parts.broken(error);
    }
  }

  #reply(stream: Stream, reply: UnaryReply): void {
    if (stream.isClosed) return;
    if (!Buffer.isBuffer(reply)) {
      this.#fail(stream, reply);
    } else if (this.#parts.sender.writeMessage(stream, reply, this.#parts.now())) {
      this.#replied(stream);
    } else if (this.#hold(stream, reply.length) !== undefined) {
      this.#leave(stream, ErrorCode.ENHANCE_YOUR_CALM, 'heldBytes');
    }
  }

  #fail(stream: Stream, failure: UnaryFailure, hasEnded = stream.hasEnded): void {
    stream.hasEnded = hasEnded;
    if (failure === TOO_LONG) this.#parts.observer.limitReached('messageBytes');
    if (failure === TOO_MUCH_HELD) this.#parts.observer.limitReached('heldBytes');
    this.#parts.sender.writeFailure(stream.id, failure);
    this.#replied(stream);
  }

  /** This side has ended the stream. If the client has not, it need not send the rest. RFC 9113, section 8.1. */
  #replied(stream: Stream): void {
    if (!stream.hasEnded) writeRstStream(this.#parts.output, stream.id, ErrorCode.NO_ERROR);
    this.close(stream);
  }

  #leave(stream: Stream, code: ErrorCode, limit: LimitName): void {
    this.#parts.observer.limitReached(limit);
    writeRstStream(this.#parts.output, stream.id, code);
    this.close(stream);
  }

  /** Counts what is kept for a stream. Returns a failure if the connection keeps too much. */
  #hold(stream: Stream, bytes: number): UnaryFailure | undefined {
    this.#heldBytes += bytes - stream.heldBytes;
    stream.heldBytes = bytes;
    return this.#heldBytes > this.#parts.limits.heldBytes ? TOO_MUCH_HELD : undefined;
  }
}

function expire(calls: Calls, stream: Stream): void {
  calls.expire(stream);
}
