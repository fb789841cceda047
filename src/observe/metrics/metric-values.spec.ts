import { describe, expect, it } from 'vitest';
import { counter, gauge, single } from './metric.ts';
import { mergeSamples, readValues } from './metric-values.ts';
import { Metrics } from './metrics.ts';
import type { Sample } from './samples.ts';

function sample(value: number, labels: Sample['labels'] = {}): Sample {
  return { labels, value };
}

describe('mergeSamples()', () => {
  it('adds counters by their labels', () => {
    const own = [sample(1, { door: 'a' })];
    const others = [[sample(2, { door: 'a' }), sample(5, { door: 'b' })], [sample(3, { door: 'a' })]];
    expect([...mergeSamples({}, own, others)]).toEqual([sample(6, { door: 'a' }), sample(5, { door: 'b' })]);
  });

  it('adds the buckets, the sum and the count of a histogram', () => {
    const of = (...values: readonly number[]): readonly Sample[] => [
      { suffix: '_bucket', labels: { le: '1' }, value: values[0] ?? 0 },
      { suffix: '_bucket', labels: { le: '+Inf' }, value: values[1] ?? 0 },
      { suffix: '_sum', labels: {}, value: values[2] ?? 0 },
      { suffix: '_count', labels: {}, value: values[1] ?? 0 },
    ];
    expect([...mergeSamples({}, of(1, 2, 7), [of(3, 3, 2)])]).toEqual(of(4, 5, 9));
  });

  it.each([
    ['sum', 9],
    ['max', 5],
    ['min', -1],
    ['own', 5],
  ] as const)('combines gauges by %s', (across, expected) => {
    expect([...mergeSamples({ across }, [sample(5)], [[sample(-1)], [sample(5)]])]).toEqual([sample(expected)]);
  });
});

describe('Metrics', () => {
  it('writes what all processes have, after gathering it for its reader', async () => {
    const readers: number[] = [];
    const values = new Map([['x_total', [sample(2)]]]);
    const gather = async (reader: number): Promise<void> => void readers.push(reader);
    const metrics = new Metrics(7, () => ({ gather, samplesOf: (name) => [values.get(name) ?? []] }));
    metrics.add(counter('x_total', 'x', () => single(1)));
    metrics.add(gauge('y', 'y', () => single(4)));
    await metrics.gather();
    expect(readers).toEqual([7]);
    const lines = [...metrics.lines()].filter((line) => !line.startsWith('#'));
    expect(lines).toEqual(['x_total 3\n', 'y 4\n']);
    expect(readValues(metrics.all(), 'gauges')).toEqual(new Map([['y', [sample(4)]]]));
    expect(readValues(metrics.all(), 'counts')).toEqual(new Map([['x_total', [sample(3)]]]));
  });
});
