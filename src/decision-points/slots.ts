/** How much may be done at a time. */
export interface SlotLimits {
  readonly open: number;
  /** How many more may wait for one that is open. */
  readonly waiting: number;
}

/** Limits how much is done at a time. What waits longest is next. */
export class Slots {
  private readonly limits: SlotLimits;
  private readonly waiting: ((isFree: true) => void)[] = [];
  private open = 0;

  constructor(limits: SlotLimits) {
    this.limits = limits;
  }

  /** Resolves to true once a slot is taken, which {@link free} gives back; to false at once if too many wait. */
  async take(): Promise<boolean> {
    if (this.open < this.limits.open) {
      this.open += 1;
      return true;
    }
    if (this.waiting.length >= this.limits.waiting) return false;
    return new Promise<boolean>((resolve) => this.waiting.push(resolve));
  }

  free(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.open -= 1;
    else next(true);
  }
}
