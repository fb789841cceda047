import type { ErrorCode } from './frames/frame-format.ts';
import type { Http2Limits, LimitName } from './limits.ts';
import type { DrainCause, Http2Observer } from './observer.ts';
import type { Output } from './output.ts';
import type { Sender } from './sender.ts';
import type { StreamTable } from './stream-table.ts';
import type { UnaryMethod } from './unary.ts';

/** What the parts of a connection use of it. */
export interface Link {
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  readonly limits: Http2Limits;
  readonly observer: Partial<Http2Observer>;
  readonly output: Output;
  readonly sender: Sender;
  readonly streams: StreamTable;
  /** When the current turn began, in milliseconds. */
  readonly now: number;
  /** Whether frames of the client still count. */
  readonly isReading: boolean;
  /** Tells the observer of a limit that does not close the connection. */
  limitReached(limit: LimitName): void;
  /** Closes the connection because of a limit. */
  exceed(limit: LimitName): void;
  /** Closes the connection because of the client's mistake. RFC 9113, section 5.4.1. */
  fail(code: ErrorCode, detail: string): void;
  /** Resets a stream because of the client's mistake, which counts against the client. Section 5.4.2. */
  streamError(id: number, code: ErrorCode): void;
  /** Closes the connection because of a bug of this library. */
  broken(error: unknown): void;
  /** Asks the client to leave. Section 6.8. */
  drain(cause: DrainCause): void;
  pingAcknowledged(data: Buffer): void;
  /** Has what is composed written when the current turn of the event loop is over. */
  flushSoon(): void;
}
