import type { Sample } from './samples.ts';

/** One metric: its name and meaning, and a function that reads its values. */
export interface Metric {
  /** Counters end in `_total`. Units are base units: seconds, bytes. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Returns samples that differ in labels or suffix. */
  readonly read: () => Iterable<Sample>;
}

export function counter(name: string, help: string, read: Metric['read']): Metric {
  return { name, help, type: 'counter', read };
}

export function gauge(name: string, help: string, read: Metric['read']): Metric {
  return { name, help, type: 'gauge', read };
}

/** Yields the only sample of a metric, or none for `undefined`. */
export function* single(value: number | undefined): Generator<Sample> {
  if (value !== undefined) yield { labels: {}, value };
}

/** Yields a sample for each entry: the key is the value of the label. */
export function* labelled(label: string, values: Iterable<readonly [string, number]>): Generator<Sample> {
  for (const [name, value] of values) yield { labels: { [label]: name }, value };
}
