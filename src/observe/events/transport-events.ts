import type { Logger } from '../log/logger.ts';
import type { Repeats } from '../log/repeats.ts';

/** What was counted since the start. */
export interface TransportCounts {
  /** Connections that are open now. */
  readonly open: number;
  /** Connections that were opened. */
  readonly opened: number;
  readonly protocolErrors: number;
  /** Calls that clients gave up before they were answered. */
  readonly cancelled: number;
  /** How often clients reached a limit, by its key under `limits`. */
  readonly limits: ReadonlyMap<string, number>;
  /** How often a client was asked to leave a connection (GOAWAY), by cause. */
  readonly drains: ReadonlyMap<string, number>;
}

/** Counts and logs what happens on the connections of the fast transport, with one method for each event. */
export class TransportEvents {
  private readonly log: Pick<Logger, 'warn'>;
  private readonly repeats: Pick<Repeats, 'tell'>;
  /** Called when a connection stays no longer. */
  onLeft: () => void = () => undefined;
  private open = 0;
  private leaving = 0;
  private opened = 0;
  private protocolErrors = 0;
  private cancelledCalls = 0;
  private readonly limits = new Map<string, number>();
  private readonly drains = new Map<string, number>();
  private isInUse = false;

  constructor(log: Pick<Logger, 'warn'>, repeats: Pick<Repeats, 'tell'>) {
    this.log = log;
    this.repeats = repeats;
  }

  /** `undefined` if the transport is not in use. */
  get counts(): TransportCounts | undefined {
    const { open, opened, protocolErrors, cancelledCalls: cancelled, limits, drains } = this;
    return this.isInUse ? { open, opened, protocolErrors, cancelled, limits, drains } : undefined;
  }

  /** Connections that are open and whose client was not asked to leave. `undefined` if the transport is not in use. */
  get staying(): number | undefined {
    return this.isInUse ? this.open - this.leaving : undefined;
  }

  /** The transport is in use, with these limits and causes, which are counted from 0. */
  begin(limits: readonly string[], causes: readonly string[]): void {
    this.isInUse = true;
    for (const limit of limits) this.limits.set(limit, 0);
    for (const cause of causes) this.drains.set(cause, 0);
  }

  connectionOpened(): void {
    this.open += 1;
    this.opened += 1;
  }

  /** @param wasLeaving whether its client had been asked to leave. */
  connectionClosed(wasLeaving: boolean): void {
    this.open -= 1;
    if (wasLeaving) this.leaving -= 1;
    else this.onLeft();
  }

  draining(cause: string): void {
    add(this.drains, cause);
    this.leaving += 1;
    this.onLeft();
  }

  cancelled(): void {
    this.cancelledCalls += 1;
  }

  /** @param limit its key under `limits`. @param isClosed whether its connection was closed. */
  limitReached(limit: string, client: string | undefined, isClosed: boolean): void {
    add(this.limits, limit);
    this.repeats.tell(`limit ${limit}`, (repeated) => {
      this.log.warn(
        { limit, client, closed: isClosed, ...repeated },
        'a client reached a limit of listen.extAuthz.limits',
      );
    });
  }

  /** @param code of RFC 9113, section 7. */
  protocolError(code: number, detail: string, client: string | undefined): void {
    this.protocolErrors += 1;
    this.repeats.tell(`HTTP/2 error ${code}`, (repeated) => {
      this.log.warn({ code, detail, client, ...repeated }, 'a connection was closed: the client broke HTTP/2');
    });
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
