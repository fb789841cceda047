import { LRUCache } from 'lru-cache';
import { growingTo } from '../../lib/caches/growing-cache.ts';

export interface FailureBudgetParts {
  /** The number of failures that a full budget allows at once. */
  readonly burst: number;
  /** The time until the budget allows one more, in milliseconds. */
  readonly refillMs: number;
  /** The maximum number of keys. The least recently used key is dropped, and its budget is full again. */
  readonly max: number;
}

/** A token bucket for each key, stored as the time (monotonic milliseconds) at which it is full again. */
export class FailureBudget {
  private readonly parts: FailureBudgetParts;
  private readonly fullAtMs: LRUCache<string, number>;

  constructor(parts: FailureBudgetParts) {
    this.parts = parts;
    this.fullAtMs = new LRUCache(growingTo(parts.max));
  }

  /** Returns the time until one more can be taken, in milliseconds; 0 if it can be taken now. */
  waitMs(key: string, nowMs: number): number {
    const { burst, refillMs } = this.parts;
    const missingMs = (this.fullAtMs.get(key) ?? nowMs) - nowMs;
    return Math.max(0, missingMs - (burst - 1) * refillMs);
  }

  /** Whether the budget is not full. */
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
