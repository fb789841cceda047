import type { Metric } from './metric.ts';
import type { Sample } from './samples.ts';

/** What a process counted and measured: the samples of its metrics, by name. */
export type MetricValues = ReadonlyMap<string, readonly Sample[]>;

/** Reads metrics of this process: its gauges, or its counters and histograms. */
export function readValues(metrics: Iterable<Metric>, kind: 'gauges' | 'counts'): MetricValues {
  const values = new Map<string, readonly Sample[]>();
  for (const { name, type, read } of metrics) {
    if ((type === 'gauge') !== (kind === 'gauges')) continue;
    const samples = [...read()];
    if (samples.length > 0) values.set(name, samples);
  }
  return values;
}

/**
 * Puts the values of several processes together: counters and histograms are added, gauges as the metric says. Every
 * combination of labels that one of them has appears once.
 */
export function mergeSamples(
  { across = 'sum' }: Pick<Metric, 'across'>,
  own: Iterable<Sample>,
  others: Iterable<readonly Sample[]>,
): Iterable<Sample> {
  if (across === 'own') return own;
  const merged = new Map<string, Sample>();
  for (const samples of [own, ...others]) {
    for (const sample of samples) {
      const key = keyOf(sample);
      const value = COMBINE[across](merged.get(key)?.value ?? sample.value, sample.value, merged.has(key));
      merged.set(key, { ...sample, value });
    }
  }
  return merged.values();
}

const COMBINE = {
  sum: (left: number, right: number, isSecond: boolean): number => (isSecond ? left + right : right),
  max: (left: number, right: number): number => Math.max(left, right),
  min: (left: number, right: number): number => Math.min(left, right),
} as const;

function keyOf({ labels, suffix }: Sample): string {
  return JSON.stringify([suffix ?? null, ...Object.entries(labels).flat()]);
}
