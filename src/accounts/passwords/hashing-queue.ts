/**
 * At once, and waiting: hashing must not take every core, nor a flood of guesses all memory. Two of the four threads that
 * Node shares (libuv) stay free for everybody else, signature checks among them.
 */
const MAX_RUNNING = 2;
const MAX_WAITING = 32;
/** Of those who wait. The other half is for who has a name here. */
const MAX_STRANGERS_WAITING = MAX_WAITING / 2;

/** `familiar`: who is known, or comes from where the name has logged in before. Everybody else is a stranger. */
export type Precedence = 'familiar' | 'stranger';

/** `busy`: the queue was full, and nothing was done. */
export type Queued<Value> = { readonly outcome: 'done'; readonly value: Value } | { readonly outcome: 'busy' };

/** Lets a bounded number run at a time, behind a bounded queue. Where both wait, familiar ones and strangers take turns. */
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

  /** Hands the place to the next in line, so that nobody can slip in between. */
  private leave(): void {
    const other: Precedence = this.last === 'familiar' ? 'stranger' : 'familiar';
    const turn = this.waiting[other].length > 0 ? other : this.last;
    const next = this.waiting[turn].shift();
    this.last = turn;
    if (next === undefined) this.running -= 1;
    else next();
  }
}
