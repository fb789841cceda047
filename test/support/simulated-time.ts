import type { Timers } from '../../src/lib/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly work: () => void;
}

/** A clock that a test advances, and timers on that clock. */
export class SimulatedTime implements Timers {
  nowMs = 1_000_000;
  private readonly planned = new Set<Timer>();

  /** The number of timers that have not fired. */
  get pending(): number {
    return this.planned.size;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  after(delayMs: number, work: () => void): () => void {
    const planned = { atMs: this.nowMs + delayMs, work };
    this.planned.add(planned);
    return () => this.planned.delete(planned);
  }

  /** Advances the clock by `byMs` and fires each timer that is due, at its time. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.nowMs + byMs;
    await settled();
    for (let next = this.nextUntil(untilMs); next !== undefined; next = this.nextUntil(untilMs)) {
      this.planned.delete(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.work();
      await settled();
    }
    this.nowMs = untilMs;
  }

  private nextUntil(untilMs: number): Timer | undefined {
    const [next] = [...this.planned].toSorted((left, right) => left.atMs - right.atMs);
    return next !== undefined && next.atMs <= untilMs ? next : undefined;
  }
}

/** Resolves once everything that waits for promises alone is done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
