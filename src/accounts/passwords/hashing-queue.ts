/** Two of libuv's four shared threads stay free for other work, such as signature checks. */
const MAX_RUNNING = 2;
/** A flood of guesses must not fill the memory. */
const MAX_WAITING = 32;
/** The other half of the queue is reserved for familiar callers. */
const MAX_STRANGERS_WAITING = MAX_WAITING / 2;

/**
 * `familiar`: an authenticated caller, or one at an address block or with a device from which the name has logged in
 * before. Every other caller is a stranger.
 */
export type Precedence = 'familiar' | 'stranger';

/** `busy`: the queue was full, and nothing was done. */
export type Queued<Value> = { readonly outcome: 'done'; readonly value: Value } | { readonly outcome: 'busy' };

/** Runs a bounded number of tasks at a time, behind a bounded queue that alternates between familiar and stranger. */
export class HashingQueue {
  private running = 0;
  private readonly waiting: Readonly<Record<Precedence, (() => void)[]>> = { familiar: [], stranger: [] };
  private last: Precedence = 'stranger';

  hasRoom(precedence: Precedence): boolean {
    if (this.running < MAX_RUNNING) return true;
    const { familiar, stranger } = this.waiting;
    if (familiar.length + stranger.length >= MAX_WAITING) return false;
    return precedence === 'familiar' || stranger.length < MAX_STRANGERS_WAITING;
  }

  async run<Value>(work: () => Promise<Value>, precedence: Precedence): Promise<Queued<Value>> {
    if (!this.hasRoom(precedence)) return { outcome: 'busy' };
    if (this.running < MAX_RUNNING) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting[precedence].push(resolve));
    try {
      return { outcome: 'done', value: await work() };
    } finally {
      this.leave();
    }
  }

  /** Passes the place directly to the next task, so that no new task can take it first. */
  private leave(): void {
    const other: Precedence = this.last === 'familiar' ? 'stranger' : 'familiar';
    const turn = this.waiting[other].length > 0 ? other : this.last;
    const next = this.waiting[turn].shift();
    this.last = turn;
    if (next === undefined) this.running -= 1;
    else next();
  }
}
