import { LRUCache } from 'lru-cache';

export interface FailureBudgetParts {
  /** How many at once. */
  readonly burst: number;
  /** One more after so many milliseconds. */
  readonly refillMs: number;
  /** How many keys are remembered; those least recently used go first, and begin anew. */
  readonly max: number;
}

/** A token bucket for each key, kept as the one moment (monotonic milliseconds) at which it is full again. */
export class FailureBudget {
  private readonly parts: FailureBudgetParts;
  private readonly fullAtMs: LRUCache<string, number>;

  constructor(parts: FailureBudgetParts) {
    this.parts = parts;
    this.fullAtMs = new LRUCache({ max: parts.max });
  }

  /** In how many milliseconds there is one to take; 0 for at once. */
  waitMs(key: string, nowMs: number): number {
    const { burst, refillMs } = this.parts;
    const missingMs = (this.fullAtMs.get(key) ?? nowMs) - nowMs;
    return Math.max(0, missingMs - (burst - 1) * refillMs);
  }

  /** Whether something was taken that has not come back yet. */
  isTouched(key: string, nowMs: number): boolean {
    return (this.fullAtMs.peek(key) ?? nowMs) > nowMs;
  }

  take(key: string, nowMs: number): void {
    this.fullAtMs.set(key, Math.max(this.fullAtMs.peek(key) ?? nowMs, nowMs) + this.parts.refillMs);
  }

  giveBack(key: string): void {
    const fullAtMs = this.fullAtMs.peek(key);
    if (fullAtMs !== undefined) this.fullAtMs.set(key, fullAtMs - this.parts.refillMs);
  }
}
