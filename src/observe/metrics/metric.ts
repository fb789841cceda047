import type { Sample } from './samples.ts';

/** One metric: its name and meaning, and a function that reads its values. */
export interface Metric {
  /** Counters end in `_total`. Units are base units: seconds, bytes. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Returns samples that differ in labels or suffix. */
  readonly read: () => Iterable<Sample>;
  /**
   * How the values of several processes of one instance become one: `sum` by default, as for every counter and
   * histogram. `own`: only the primary process counts.
   */
  readonly across?: 'sum' | 'max' | 'min' | 'own';
}

export function counter(name: string, help: string, read: Metric['read']): Metric {
  return { name, help, type: 'counter', read };
}

/** @param across how the values of several processes become one; the highest by default, as for ages and alarms. */
export function gauge(
  name: string,
  help: string,
  read: Metric['read'],
  across: NonNullable<Metric['across']> = 'max',
): Metric {
  return { name, help, type: 'gauge', read, across };
}

/** Yields the only sample of a metric, or none for `undefined`. */
export function* single(value: number | undefined): Generator<Sample> {
  if (value !== undefined) yield { labels: {}, value };
}

/** Yields a sample for each entry: the key is the value of the label. */
export function* labelled(label: string, values: Iterable<readonly [string, number]>): Generator<Sample> {
  for (const [name, value] of values) yield { labels: { [label]: name }, value };
}
