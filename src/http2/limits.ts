/**
 * What one client may ask of this side, on each connection; `totalHeldBytes` alone is for all of them.
 *
 * A *budget* is a number of frames at once. A tenth of it comes back each second, and a part with each call that was handed
 * to its method. So a client that calls does not run out, however long it lives; one that does not call does. Then its
 * connection is closed.
 */
export const DEFAULT_LIMITS = {
  /** Calls at once, those included that the client gave up while their method runs. Others are refused: REFUSED_STREAM. */
  concurrentStreams: 1024,
  /** A call with a longer header list fails: RESOURCE_EXHAUSTED. RFC 9113, section 6.5.2. */
  headerListBytes: 16_384,
  /** The dynamic table of the client's header compression. RFC 7541, section 4.2. */
  headerTableBytes: 4096,
  /** CONTINUATION frames of one header block; one more closes the connection. */
  continuations: 16,
  /** A call with a longer message fails: RESOURCE_EXHAUSTED. */
  messageBytes: 4_194_304,
  /** What is kept of unfinished requests, of long header lists until the reply, and of replies for which the client gave no window. A call beyond it fails. */
  heldBytes: 8_388_608,
  /**
   * The same for all connections of a server together, with what their clients left unread. Beyond it, no connection may keep
   * more than {@link FAIR_SHARE}.
   */
  totalHeldBytes: 134_217_728,
  /** What the client may leave unread before this side stops reading from it. */
  outputBytes: 262_144,
  /** A budget: streams that the client resets before their request is complete. One comes back with each call. */
  resets: 200,
  /** A budget: streams that this side resets because of the client's mistake. None comes back with a call. */
  streamErrors: 100,
  /** A budget: PING. One comes back with each call. */
  pings: 100,
  /** A budget: SETTINGS. One comes back with each call. */
  settings: 50,
  /** A budget: DATA without data that does not end a request. One comes back with each call. */
  emptyData: 100,
  /** A budget: WINDOW_UPDATE, PRIORITY, and frames that are ignored. Four come back with each call. */
  idleFrames: 1000,
  /** Milliseconds for the connection preface. */
  prefaceMs: 10_000,
  /** Milliseconds for a request, from its first frame to its last, and for each frame. */
  requestMs: 30_000,
  /** Milliseconds for a reply that waits for a window of the client, and without a byte read of what was written. */
  sendMs: 30_000,
};

/** What a connection may keep whatever the others do, in bytes. */
export const FAIR_SHARE = 16_384;

export type Http2Limits = Readonly<typeof DEFAULT_LIMITS>;

export type LimitName = keyof Http2Limits;

/** The limits that are budgets, and how many come back with a call. */
const EARNED = { resets: 1, streamErrors: 0, pings: 1, settings: 1, emptyData: 1, idleFrames: 4 };

export type BudgetName = keyof typeof EARNED;

/** Milliseconds in which a whole budget comes back. */
const RENEWAL_MS = 10_000;

/** What is left of a connection's budgets. */
export class Budgets {
  readonly #limits: Http2Limits;
  readonly #left = new Map<BudgetName, { left: number; at: number; calls: number }>();

  constructor(limits: Http2Limits) {
    this.#limits = limits;
  }

  /**
   * Takes one. Returns false if nothing is left.
   *
   * @param now in milliseconds.
   * @param calls that were handed to their methods so far.
   */
  take(name: BudgetName, now: number, calls: number): boolean {
    const whole = this.#limits[name];
    const { left, at, calls: before } = this.#left.get(name) ?? { left: whole, at: now, calls };
    const earned = ((now - at) / RENEWAL_MS) * whole + (calls - before) * EARNED[name];
    const rest = Math.min(whole, left + earned) - 1;
    this.#left.set(name, { left: rest, at: now, calls });
    return rest >= 0;
  }
}
