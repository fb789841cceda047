import type { LimitName } from './limits.ts';

/** Why this side asked a client to leave. */
export type DrainCause = 'age' | 'stream ids' | 'close';

/** Is told what happens on the connections of a server. Its methods must not throw. */
export interface Http2Observer {
  opened(): void;
  closed(): void;
  draining(cause: DrainCause): void;
  /** A client reached a limit. What follows is written beside the limit. */
  limitReached(limit: LimitName): void;
  /** A client broke the protocol, and its connection is closed. `code` is that of RFC 9113, section 7. */
  protocolError(code: number, detail: string): void;
  /** A method threw or rejected; the client read INTERNAL. */
  methodFailed(path: string, error: unknown): void;
  /** This library has a bug; the connection is closed. */
  broken(error: unknown): void;
}
