import { ErrorCode, FrameType, words } from './frames/frame-format.ts';
import { collectWhole, INCOMPLETE, MessageReader, TOO_LONG, wholeMessage } from './grpc/message-reader.ts';
import { Status } from './grpc/status-code.ts';
import { type BudgetName, Budgets, FAIR_SHARE, type LimitName } from './limits.ts';
import type { Link } from './link.ts';
import type { Stream } from './stream.ts';
import type { UnaryFailure, UnaryMethod, UnaryReply } from './unary.ts';

const FAILED: UnaryFailure = { code: Status.INTERNAL, details: 'internal error' };
const EXPIRED: UnaryFailure = { code: Status.DEADLINE_EXCEEDED, details: 'deadline exceeded' };
const TOO_MUCH_HELD: UnaryFailure = {
  code: Status.RESOURCE_EXHAUSTED,
  details: 'too much unfinished on this connection',
};
const TOO_MUCH_IN_ALL: UnaryFailure = {
  code: Status.RESOURCE_EXHAUSTED,
  details: 'too much unfinished on all connections',
};

/** The limit that a failure is about. */
const LIMITS = new Map<UnaryFailure, LimitName>([
  [TOO_LONG, 'messageBytes'],
  [TOO_MUCH_HELD, 'heldBytes'],
  [TOO_MUCH_IN_ALL, 'totalHeldBytes'],
]);

/** The longest time of a timer in Node, in milliseconds: longer ones would end at once. */
const LONGEST_TIMER = 0x7fff_ffff;

/** The calls of one connection, from their header section to the reply: gRPC over HTTP/2. */
export class Calls {
  readonly #link: Link;
  readonly #budgets: Budgets;

  constructor(link: Link) {
    this.#link = link;
    this.#budgets = new Budgets(link.parts.limits);
  }

  /** Whether one more call is within `concurrentStreams`. */
  get hasRoom(): boolean {
    const { streams, parts } = this.#link;
    return streams.size + streams.abandoned < parts.limits.concurrentStreams;
  }

  /** Takes one of a budget; closes the connection if nothing is left of it. */
  take(name: BudgetName): boolean {
    const isLeft = this.#budgets.take(name, this.#link.now, this.#link.streams.accepted);
    if (!isLeft) this.#link.exceed(name);
    return isLeft;
  }

  /** Resets a stream because of the client's mistake, also one that is closed. RFC 9113, section 5.4.2. */
  streamError(id: number, code: ErrorCode): void {
    const { streams, output } = this.#link;
    // A client must not be sent RST_STREAM on a stream that it has not opened. Section 5.1.
    if (streams.isIdle(id)) {
      this.#link.fail(code, 'a wrong frame on an idle stream');
      return;
    }
    const stream = streams.get(id);
    output.frame(FrameType.RST_STREAM, 0, id, words(code));
    if (stream === undefined) streams.remember(id, false);
    else streams.close(stream);
    this.take('streamErrors');
  }

  /** Begins a call. `hasEnded` if it has no body. */
  open(stream: Stream, hasEnded: boolean): void {
    this.#link.streams.add(stream);
    const { target } = stream.head;
    const failure = this.#hold(stream, 0);
    if (hasEnded) this.#end(stream, INCOMPLETE);
    // Does not wait for the end of the request: a client of a streaming method ends it after the first reply.
    else if ('code' in target) this.#fail(stream, target);
    else if (failure !== undefined) this.#refuse(stream, 'handle' in target ? target : {}, failure);
  }

  /** Takes the data of a DATA frame. `isEnd` if no more follow. */
  data(stream: Stream, bytes: Buffer, start: number, end: number, isEnd: boolean): void {
    stream.bodyBytes += end - start;
    const { target, contentLength } = stream.head;
    const { messageBytes } = this.#link.parts.limits;
    if (contentLength >= 0 && stream.bodyBytes > contentLength) {
      this.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
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

  /** Ends the calls that take longer than the limits permit; a request may take `requestMs`. */
  sweep(requestMs: number): void {
    const { streams, now, parts } = this.#link;
    for (const stream of streams) {
      if (!stream.hasEnded && now - stream.openedAt > Math.min(requestMs, stream.timeoutMs)) {
        if (stream.timeoutMs > requestMs) this.#link.limitReached('requestMs');
        this.#fail(stream, EXPIRED);
      } else if (stream.unsent.length > 0 && now - stream.unsentSince > parts.limits.sendMs) {
        this.#leave(stream, ErrorCode.CANCEL, 'sendMs');
      }
    }
  }

  /** Writes the replies that waited for a window. */
  resume(): void {
    const { streams, sender } = this.#link;
    for (const stream of streams) {
      if (stream.unsent.length > 0 && sender.writeRest(stream)) this.#replied(stream);
    }
  }

  /** Replies outside the turn in which the request arrived. */
  replyLater(stream: Stream, reply: UnaryReply): void {
    if (stream.isClosed) return;
    this.#link.later(() => this.#reply(stream, reply));
  }

  /** Takes the end of a request whose body came to `message`. */
  #end(stream: Stream, message: UnaryReply): void {
    stream.hasEnded = true;
    stream.reader = undefined;
    const { target, contentLength } = stream.head;
    const { sender, now } = this.#link;
    if (contentLength >= 0 && stream.bodyBytes !== contentLength) this.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
    else if ('status' in target) {
      if (sender.writeRefusal(stream, target, now)) this.#replied(stream);
    } else if ('code' in target) this.#fail(stream, target);
    else if (!Buffer.isBuffer(message)) this.#refuse(stream, target, message);
    else if (stream.timeoutMs <= 0) this.#fail(stream, EXPIRED);
    else this.#handle(stream, target, message);
  }

  #handle(stream: Stream, method: UnaryMethod, message: Buffer): void {
    this.#link.streams.accepted++;
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
      this.#link.parts.observer.methodFailed?.(stream.path, error);
      return FAILED;
    }
  }

  async #await(stream: Stream, promise: Promise<UnaryReply>): Promise<void> {
    const reply = await promise.catch((error: unknown) => {
      this.#link.parts.observer.methodFailed?.(stream.path, error);
      return FAILED;
    });
    stream.isRunning = false;
    if (stream.isClosed) this.#link.streams.abandoned--;
    this.replyLater(stream, reply);
  }

  #reply(stream: Stream, reply: UnaryReply): void {
    if (stream.isClosed) return;
    if (!Buffer.isBuffer(reply)) this.#fail(stream, reply);
    else if (this.#link.sender.writeMessage(stream, reply, this.#link.now)) this.#replied(stream);
    else {
      const limit = limitOf(this.#hold(stream, reply.length));
      if (limit !== undefined) this.#leave(stream, ErrorCode.ENHANCE_YOUR_CALM, limit);
    }
  }

  /** Answers a call whose message is not acceptable. */
  #refuse(stream: Stream, { overLimit }: Pick<UnaryMethod, 'overLimit'>, failure: UnaryFailure): void {
    const limit = limitOf(failure);
    if (limit !== undefined) this.#link.limitReached(limit);
    this.#reply(stream, limit !== undefined && overLimit !== undefined ? overLimit() : failure);
  }

  #fail(stream: Stream, failure: UnaryFailure): void {
    this.#link.sender.writeFailure(stream.id, failure);
    this.#replied(stream);
  }

  /** This side has ended the stream. If the client has not, it need not send the rest. RFC 9113, section 8.1. */
  #replied(stream: Stream): void {
    if (!stream.hasEnded) this.#link.output.frame(FrameType.RST_STREAM, 0, stream.id, words(ErrorCode.NO_ERROR));
    this.#link.streams.close(stream);
  }

  #leave(stream: Stream, code: ErrorCode, limit: LimitName): void {
    this.#link.limitReached(limit);
    this.#link.output.frame(FrameType.RST_STREAM, 0, stream.id, words(code));
    this.#link.streams.close(stream);
  }

  /** Counts what is kept for a stream besides its header section. Returns a failure if the connection keeps too much. */
  #hold(stream: Stream, bytes: number): UnaryFailure | undefined {
    const { streams, parts } = this.#link;
    const held = bytes + stream.head.heldBytes;
    if (held !== stream.heldBytes) streams.hold(held - stream.heldBytes);
    stream.heldBytes = held;
    if (streams.heldBytes > parts.limits.heldBytes) return TOO_MUCH_HELD;
    return streams.heldBytes > FAIR_SHARE && this.#link.isCrowded ? TOO_MUCH_IN_ALL : undefined;
  }
}

function limitOf(failure: UnaryFailure | undefined): LimitName | undefined {
  return failure && LIMITS.get(failure);
}

function expire(calls: Calls, stream: Stream): void {
  calls.replyLater(stream, EXPIRED);
}
