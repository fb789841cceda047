import type { MessageReader } from './grpc/message-reader.ts';
import { FORGOTTEN_HEAD, type RequestHead } from './grpc/request-head.ts';
import type { UnaryCall } from './unary.ts';

/** What the client may send on a stream before this side gives more. RFC 9113, section 6.9. */
export const STREAM_WINDOW = 262_144;

const NOTHING: Buffer = Buffer.alloc(0);

/** One call: a stream of HTTP/2 from its HEADERS until both sides have ended it. RFC 9113, section 5.1. */
export class Stream implements UnaryCall {
  readonly id: number;
  head: RequestHead;
  readonly path: string;
  readonly timeoutMs: number;
  /** In milliseconds, on the clock of the connection. */
  readonly openedAt: number;
  message: Buffer = NOTHING;
  /** Whether the client has ended it: "half-closed (remote)". */
  hasEnded = false;
  isClosed = false;
  /** Whether its message was handed to the method. */
  isAccepted = false;
  /** Whether its method has promised a reply that is not there yet. */
  isRunning = false;
  /** What the client may still send. Section 6.9. */
  receiveWindow = STREAM_WINDOW;
  /** What this side may send beyond the initial window; below 0 when it has sent more than was added. */
  sendCredit = 0;
  bodyBytes = 0;
  /** Of the connection's held bytes. */
  heldBytes = 0;
  /** Reads a message that does not arrive at once. */
  reader: MessageReader | undefined;
  /** The rest of a reply for which there is no window, the frame behind it, and since when it waits. */
  unsent = NOTHING;
  unsentEnd = NOTHING;
  unsentSince = 0;
  timer: NodeJS.Timeout | undefined;

  constructor(id: number, head: RequestHead, openedAt: number) {
    this.id = id;
    this.head = head;
    this.path = head.path;
    this.timeoutMs = head.timeoutMs;
    this.openedAt = openedAt;
  }

  values(name: string): readonly string[] {
    return this.head.fields.filter((field) => field.name === name).map((field) => field.value);
  }

  isCancelled(): boolean {
    return this.isClosed;
  }

  /** A client may have given up many calls whose methods still run. */
  forgetHead(): void {
    this.head = FORGOTTEN_HEAD;
  }

  forgetMessage(): void {
    this.message = NOTHING;
  }
}
