import type { MetricValues } from '../../observe/metrics/metric-values.ts';
import { mergeSamples } from '../../observe/metrics/metric-values.ts';
import type { OtherMetrics } from '../../observe/metrics/metrics.ts';
import type { Sample } from '../../observe/metrics/samples.ts';

/** The counter of which every decision increments one value. */
const DECISIONS = 'sallyport_outcomes_total';

/** What one worker counted: its own last values, and the final ones of the processes that it replaced. */
export class WorkerValues implements Pick<OtherMetrics, 'samplesOf'> {
  private readonly ended = new Map<string, readonly Sample[]>();
  private counts: MetricValues = new Map();
  private gauges: MetricValues = new Map();

  /** Decisions since the start. */
  get decisions(): number {
    let sum = 0;
    for (const samples of this.samplesOf(DECISIONS)) for (const { value } of samples) sum += value;
    return sum;
  }

  /** @param counts counters and histograms. */
  counted(counts: MetricValues): void {
    this.counts = counts;
  }

  /** @param gauges what it measures now; empty if it did not answer, because old values would pass for current ones. */
  measured(gauges: MetricValues): void {
    this.gauges = gauges;
  }

  /** The process has ended: its counts stay, so that no counter ever goes back. */
  processEnded(): void {
    for (const [name, samples] of this.counts) {
      this.ended.set(name, [...mergeSamples({ across: 'sum' }, this.ended.get(name) ?? [], [samples])]);
    }
    this.counts = new Map();
    this.gauges = new Map();
  }

  *samplesOf(name: string): Generator<readonly Sample[]> {
    const ended = this.ended.get(name);
    if (ended !== undefined) yield ended;
    const current = this.counts.get(name) ?? this.gauges.get(name);
    if (current !== undefined) yield current;
  }
}
