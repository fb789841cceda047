import type { LimitName } from './limits.ts';

/** Why this side asked a client to leave. */
export type DrainCause = 'age' | 'stream ids' | 'close' | 'full';

/** Is told what happens on the connections of a server. Its methods must not throw. `peer` is the client's address. */
export interface Http2Observer {
  opened(): void;
  /** @param wasDraining whether `draining` was called for it. */
  closed(wasDraining: boolean): void;
  draining(cause: DrainCause): void;
  /** A client gave up a call that was not answered. */
  cancelled(): void;
  /** A client reached a limit; what follows is written beside the limit. `isClosed` if it is the end of the connection. */
  limitReached(limit: LimitName, peer: string | undefined, isClosed: boolean): void;
  /** A client broke the protocol, and its connection is closed. `code` is that of RFC 9113, section 7. */
  protocolError(code: number, detail: string, peer: string | undefined): void;
  /** A method threw or rejected; the client read INTERNAL. */
  methodFailed(path: string, error: unknown): void;
  /** This library has a bug; the connection is closed. */
  broken(error: unknown): void;
}
