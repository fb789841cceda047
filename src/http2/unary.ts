/**
 * What a server of this folder serves: gRPC methods with one request message and one response message.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */

/** A call whose request message has arrived. */
export interface UnaryCall {
  /** Such as `/package.Service/Method`. */
  readonly path: string;
  /** Without its prefix. Its bytes stay as they are only until the handler returns: copy what is needed later. */
  readonly message: Buffer;
  /** Milliseconds that the client waits, from `grpc-timeout`; `Infinity` without it. */
  readonly timeoutMs: number;
  /** The values of a metadata field (its name in lower case), as they were sent; none once the call is cancelled. */
  values(name: string): readonly string[];
  /** Whether the client no longer waits: it reset the stream, or the connection is closed. */
  isCancelled(): boolean;
}

/** A call that failed: a status other than OK, without a message. */
export interface UnaryFailure {
  /** A gRPC status code, from 1 to 16. */
  readonly code: number;
  /** For the client. */
  readonly details: string;
}

/** A response message, or the failure of the call. */
export type UnaryReply = Buffer | UnaryFailure;

/**
 * Answers a call. The bytes of a reply that is returned at once are copied before anything else runs, so the handler may
 * use them again. Those of a promised reply must not change. If a handler throws or rejects, the client reads INTERNAL.
 */
export type UnaryHandler = (call: UnaryCall) => UnaryReply | Promise<UnaryReply>;

/**
 * Receives a request message that does not arrive at once, piece by piece, and decides what to keep of it: a message can
 * be much longer than what its reader needs. Made anew for each such call.
 */
export interface MessageCollector {
  /** Copies what it needs; `piece` changes after that. Returns how many bytes it holds now, which count against the limits. */
  add(piece: Buffer): number;
  /** Returns what was kept, as the handler reads it; a failure if the message is not acceptable. */
  end(): UnaryReply;
}

/** A method that a server serves. */
export interface UnaryMethod {
  readonly handle: UnaryHandler;
  /** By default, the whole message is kept. */
  readonly collect?: () => MessageCollector;
  /** Answers a call whose message is longer than the limits permit. By default it fails: RESOURCE_EXHAUSTED. */
  readonly overLimit?: () => UnaryReply;
}
