import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Repeats } from '../log/repeats.ts';

/** What a door knows of its connections. */
export interface DoorState {
  /** Connections that are open now. */
  readonly open: number;
  /** The most that it may have. */
  readonly limit: number;
}

/**
 * Why a door closed a connection before its first request, or between two: it had more than `maxConnections` (`full`), or
 * the client did not begin to speak HTTP/2 (`silent`).
 */
export type EndCause = 'full' | 'silent';

const MESSAGES: Readonly<Record<EndCause, string>> = {
  full: 'a listener has as many connections as its maxConnections permits: for each further one it closes one',
  silent: 'a connection was closed: the client did not begin to speak HTTP/2',
};

/** Counts and logs what happens to the connections of the doors, with one method for each event. */
export class DoorEvents {
  /** The doors that were opened, by their key under `listen`. */
  readonly doors = new Map<string, DoorState>();
  /** TLS handshakes that failed, by door. */
  readonly handshakes = new Map<string, number>();
  /** Connections that a door ended, by door and cause. */
  readonly ended = new Map<string, Map<EndCause, number>>();
  private readonly log: Pick<Logger, 'warn'>;
  private readonly repeats: Pick<Repeats, 'tell'>;

  constructor(log: Pick<Logger, 'warn'>, repeats: Pick<Repeats, 'tell'>) {
    this.log = log;
    this.repeats = repeats;
  }

  /** @param causes for which it ends connections: they are counted from 0. */
  doorOpened(door: string, state: DoorState, causes: readonly EndCause[]): void {
    this.doors.set(door, state);
    this.ended.set(door, new Map(causes.map((cause) => [cause, 0])));
  }

  connectionEnded(door: string, cause: EndCause, client: string | undefined): void {
    const counts = this.ended.get(door);
    counts?.set(cause, (counts.get(cause) ?? 0) + 1);
    this.tell(`${cause} ${door}`, { door, client, ...this.limitOf(door, cause) }, MESSAGES[cause]);
  }

  handshakeFailed(door: string, client: string | undefined, error: unknown): void {
    this.handshakes.set(door, (this.handshakes.get(door) ?? 0) + 1);
    // OpenSSL's message contains a thread id, its reason does not.
    const cause = error instanceof Error && 'reason' in error ? String(error.reason) : messageOf(error);
    this.tell(`handshake ${door} ${cause}`, { door, client, cause }, 'TLS handshake failed');
  }

  private limitOf(door: string, cause: EndCause): object {
    return cause === 'full' ? { maxConnections: this.doors.get(door)?.limit } : {};
  }

  private tell(kind: string, facts: object, message: string): void {
    this.repeats.tell(kind, (repeated) => {
      this.log.warn({ ...facts, ...repeated }, message);
    });
  }
}
