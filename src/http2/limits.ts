/**
 * What one client may ask of this side, on each connection.
 *
 * A *budget* is a number of frames at once. A tenth of it comes back each second, and a part with each call that was handed
 * to its method. So a client that calls does not run out, however long it lives; one that does not call does.
 */
export interface Http2Limits {
  /** Calls at once, those included that the client gave up while their method runs. Others are refused: REFUSED_STREAM. */
  readonly concurrentStreams: number;
  /** A call with a longer header list fails: RESOURCE_EXHAUSTED. RFC 9113, section 6.5.2. */
  readonly headerListBytes: number;
  /** The dynamic table of the client's header compression. RFC 7541, section 4.2. */
  readonly headerTableBytes: number;
  /** CONTINUATION frames of one header block; one more closes the connection. */
  readonly continuations: number;
  /** A call with a longer message fails: RESOURCE_EXHAUSTED. */
  readonly messageBytes: number;
  /** What is kept of unfinished requests, and of replies for which the client gave no window. A call beyond it fails. */
  readonly heldBytes: number;
  /** What the client may leave unread before this side stops reading from it. */
  readonly outputBytes: number;
  /** A budget: streams that the client resets before their request is complete. One comes back with each call. */
  readonly resets: number;
  /** A budget: streams that this side resets because of the client's mistake. None comes back with a call. */
  readonly streamErrors: number;
  /** A budget: PING. One comes back with each call. */
  readonly pings: number;
  /** A budget: SETTINGS. One comes back with each call. */
  readonly settings: number;
  /** A budget: DATA without data that does not end a request. One comes back with each call. */
  readonly emptyData: number;
  /** A budget: WINDOW_UPDATE, PRIORITY, and frames that are ignored. Four come back with each call. */
  readonly idleFrames: number;
  /** Milliseconds for the connection preface. */
  readonly prefaceMs: number;
  /** Milliseconds for a request, from its first frame to its last, and for each frame. */
  readonly requestMs: number;
  /** Milliseconds for a reply: until the client gives a window for it, and without a byte read of what was written. */
  readonly sendMs: number;
}

export type LimitName = keyof Http2Limits;

export const DEFAULT_LIMITS: Http2Limits = {
  concurrentStreams: 1024,
  headerListBytes: 16_384,
  headerTableBytes: 4096,
  continuations: 16,
  messageBytes: 4_194_304,
  heldBytes: 8_388_608,
  outputBytes: 262_144,
  resets: 200,
  streamErrors: 100,
  pings: 100,
  settings: 50,
  emptyData: 100,
  idleFrames: 1000,
  prefaceMs: 10_000,
  requestMs: 30_000,
  sendMs: 30_000,
};

/** The limits that are budgets, and how many come back with a call. */
const EARNED = { resets: 1, streamErrors: 0, pings: 1, settings: 1, emptyData: 1, idleFrames: 4 } as const;

export type BudgetName = keyof typeof EARNED;

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
    const budget = this.#left.get(name) ?? { left: whole, at: now, calls };
    const earned = ((now - budget.at) / 10_000) * whole + (calls - budget.calls) * EARNED[name];
    budget.left = Math.min(whole, budget.left + earned) - 1;
    budget.at = now;
    budget.calls = calls;
    this.#left.set(name, budget);
    return budget.left >= 0;
  }
}
