import type { Timing } from '../../core/ports.ts';
import type { Sample } from './samples.ts';

/** Upper bounds in milliseconds: from a cached token, which takes microseconds, to the token service's time-out. */
const BOUNDS_MS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 150, 250, 500, 1_000, 10_000];

/** A histogram: the count for each bound and beyond the last one, and the sum. */
class Histogram {
  private readonly counts = [...BOUNDS_MS.map(() => 0), 0];
  private sumMs = 0;

  add(tookMs: number): void {
    const bound = BOUNDS_MS.findIndex((boundMs) => tookMs <= boundMs);
    const index = bound < 0 ? BOUNDS_MS.length : bound;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sumMs += tookMs;
  }

  *samples(labels: Sample['labels']): Generator<Sample> {
    let total = 0;
    for (const [index, count] of this.counts.entries()) {
      total += count;
      const boundMs = BOUNDS_MS[index];
      const le = boundMs === undefined ? '+Inf' : String(boundMs / 1_000);
      yield { suffix: '_bucket', labels: { ...labels, le }, value: total };
    }
    yield { suffix: '_sum', labels, value: this.sumMs / 1_000 };
    yield { suffix: '_count', labels, value: total };
  }
}

/** Counts the durations of decisions, separately for those that had to wait for something. */
export class DecisionDurations {
  private readonly hits = new Histogram();
  private readonly misses = new Histogram();

  add({ waited, tookMs }: Timing): void {
    (waited ? this.misses : this.hits).add(tookMs);
  }

  /** Yields the samples in seconds, the base unit of Prometheus. */
  *samples(): Generator<Sample> {
    yield* this.hits.samples({ cache: 'hit' });
    yield* this.misses.samples({ cache: 'miss' });
  }
}
