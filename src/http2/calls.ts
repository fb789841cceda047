import { writeRstStream } from './frames/control-frames.ts';
import { ErrorCode } from './frames/frame-format.ts';
import { collectWhole, INCOMPLETE, MessageReader, TOO_LONG, wholeMessage } from './grpc/message-reader.ts';
import { Status } from './grpc/status-code.ts';
import type { LimitName } from './limits.ts';
import type { Link } from './link.ts';
import type { Stream } from './stream.ts';
import type { UnaryFailure, UnaryMethod, UnaryReply } from './unary.ts';

const FAILED: UnaryFailure = { code: Status.INTERNAL, details: 'internal error' };
const EXPIRED: UnaryFailure = { code: Status.DEADLINE_EXCEEDED, details: 'deadline exceeded' };
const TOO_MUCH_HELD: UnaryFailure = {
  code: Status.RESOURCE_EXHAUSTED,
  details: 'too much unfinished on this connection',
};

/** The longest time of a timer in Node, in milliseconds: longer ones would end at once. */
const LONGEST_TIMER = 0x7fff_ffff;

/** The calls of one connection, from their header section to the reply: gRPC over HTTP/2. */
export class Calls {
  readonly #link: Link;
  /** Calls that were handed to their methods so far. */
  accepted = 0;
  /** Calls that are closed while their methods still run: they count against `concurrentStreams`. */
  #abandoned = 0;
  #heldBytes = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Whether one more call is within `concurrentStreams`. */
  get hasRoom(): boolean {
    return this.#link.streams.size + this.#abandoned < this.#link.limits.concurrentStreams;
  }

  /** Begins a call. `hasEnded` if it has no body. */
  open(stream: Stream, hasEnded: boolean): void {
    this.#link.streams.add(stream);
    const { target } = stream.head;
    if (hasEnded) this.#end(stream, INCOMPLETE);
    // Does not wait for the end of the request: a client of a streaming method ends it after the first reply.
    else if ('code' in target) this.#fail(stream, target);
  }

  /** Takes the data of a DATA frame. `isEnd` if no more follow. */
  data(stream: Stream, bytes: Buffer, start: number, end: number, isEnd: boolean): void {
    stream.bodyBytes += end - start;
    const { target, contentLength } = stream.head;
    const { messageBytes } = this.#link.limits;
    if (contentLength >= 0 && stream.bodyBytes > contentLength) {
      this.#link.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
    } else if (!('handle' in target)) {
      if (isEnd) this.#end(stream, INCOMPLETE);
    } else if (isEnd && stream.reader === undefined) {
      this.#end(stream, wholeMessage(bytes, start, end, messageBytes));
    } else {
      stream.reader ??= new MessageReader((target.collect ?? collectWhole)(), messageBytes);
      const failure = stream.reader.add(bytes, start, end) ?? this.#hold(stream, stream.reader.heldBytes);
      if (isEnd) this.#end(stream, failure ?? stream.reader.end());
      else if (failure !== undefined) this.#refuse(stream, target, failure);
    }
  }

  /** Ends a request with trailers. */
  endWithTrailers(stream: Stream): void {
    this.#end(stream, stream.reader?.end() ?? INCOMPLETE);
  }

  /** Closes a stream: whatever its method answers later is dropped. */
  close(stream: Stream): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    if (stream.isRunning) this.#abandoned++;
    if (stream.timer !== undefined) clearTimeout(stream.timer);
    if (stream.unsent.length > 0) this.#link.sender.waiting.delete(stream);
    this.#heldBytes -= stream.heldBytes;
    this.#link.streams.close(stream.id, stream.hasEnded);
  }

  /** Ends the calls that take longer than the limits permit. Requests have so many milliseconds. */
  sweep(now: number, requestMs: number): void {
    const { sendMs } = this.#link.limits;
    for (const stream of this.#link.streams) {
      if (!stream.hasEnded && now - stream.openedAt > Math.min(requestMs, stream.timeoutMs)) {
        if (stream.timeoutMs > requestMs) this.#link.limitReached('requestMs');
        this.#fail(stream, EXPIRED);
      } else if (stream.unsent.length > 0 && now - stream.unsentSince > sendMs) {
        this.#leave(stream, ErrorCode.CANCEL, 'sendMs');
      }
    }
  }

  /** Writes the replies that waited for a window. */
  resume(): void {
    this.#link.sender.resume(this.#link.now, (stream) => this.#replied(stream));
  }

  /** The client no longer waits for the reply of a method. */
  expire(stream: Stream): void {
    this.#later(stream, EXPIRED);
  }

  /** Takes the end of a request whose body came to `message`. */
  #end(stream: Stream, message: UnaryReply): void {
    stream.hasEnded = true;
    stream.reader = undefined;
    const { target, contentLength } = stream.head;
    if (contentLength >= 0 && stream.bodyBytes !== contentLength) {
      this.#link.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
    } else if ('status' in target) {
      if (this.#link.sender.writeRefusal(stream, target, this.#link.now)) this.#replied(stream);
    } else if ('code' in target) this.#fail(stream, target);
    else if (!Buffer.isBuffer(message)) this.#refuse(stream, target, message);
    else if (stream.timeoutMs <= 0) this.#fail(stream, EXPIRED);
    else this.#handle(stream, target, message);
  }

  #handle(stream: Stream, method: UnaryMethod, message: Buffer): void {
    this.accepted++;
    this.#hold(stream, 0);
    stream.isAccepted = true;
    stream.message = message;
    const reply = this.#guarded(stream, method.handle);
    stream.forgetMessage();
    if (!(reply instanceof Promise)) {
      this.#reply(stream, reply);
      return;
    }
    stream.isRunning = true;
    if (stream.timeoutMs <= LONGEST_TIMER) stream.timer = setTimeout(expire, stream.timeoutMs, this, stream);
    void this.#await(stream, reply);
  }

  #guarded(stream: Stream, handle: UnaryMethod['handle']): UnaryReply | Promise<UnaryReply> {
    try {
      return handle(stream);
    } catch (error) {
      this.#link.observer.methodFailed?.(stream.path, error);
      return FAILED;
    }
  }

  async #await(stream: Stream, promise: Promise<UnaryReply>): Promise<void> {
    const reply = await promise.catch((error: unknown) => {
      this.#link.observer.methodFailed?.(stream.path, error);
      return FAILED;
    });
    stream.isRunning = false;
    if (stream.isClosed) this.#abandoned--;
    this.#later(stream, reply);
  }

  /** Replies outside the turn in which the request arrived. */
  #later(stream: Stream, reply: UnaryReply): void {
    try {
      if (!stream.isClosed) this.#reply(stream, reply);
      this.#link.flushSoon();
    } catch (error) {
      this.#link.broken(error);
    }
  }

  #reply(stream: Stream, reply: UnaryReply): void {
    if (!Buffer.isBuffer(reply)) this.#fail(stream, reply);
    else if (this.#link.sender.writeMessage(stream, reply, this.#link.now)) this.#replied(stream);
    else if (this.#hold(stream, reply.length) !== undefined) {
      this.#leave(stream, ErrorCode.ENHANCE_YOUR_CALM, 'heldBytes');
    }
  }

  /** Answers a call whose message is not acceptable. */
  #refuse(stream: Stream, { overLimit }: UnaryMethod, failure: UnaryFailure): void {
    if (failure !== TOO_LONG && failure !== TOO_MUCH_HELD) {
      this.#fail(stream, failure);
      return;
    }
    this.#link.limitReached(failure === TOO_LONG ? 'messageBytes' : 'heldBytes');
    this.#reply(stream, overLimit === undefined ? failure : overLimit());
  }

  #fail(stream: Stream, failure: UnaryFailure): void {
    this.#link.sender.writeFailure(stream.id, failure);
    this.#replied(stream);
  }

  /** This side has ended the stream. If the client has not, it need not send the rest. RFC 9113, section 8.1. */
  #replied(stream: Stream): void {
    if (!stream.hasEnded) writeRstStream(this.#link.output, stream.id, ErrorCode.NO_ERROR);
    this.close(stream);
  }

  #leave(stream: Stream, code: ErrorCode, limit: LimitName): void {
    this.#link.limitReached(limit);
    writeRstStream(this.#link.output, stream.id, code);
    this.close(stream);
  }

  /** Counts what is kept for a stream. Returns a failure if the connection keeps too much. */
  #hold(stream: Stream, bytes: number): UnaryFailure | undefined {
    this.#heldBytes += bytes - stream.heldBytes;
    stream.heldBytes = bytes;
    return this.#heldBytes > this.#link.limits.heldBytes ? TOO_MUCH_HELD : undefined;
  }
}

function expire(calls: Calls, stream: Stream): void {
  calls.expire(stream);
}
