import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../../test/support/exposition.ts';
import { DecisionDurations } from './decision-durations.ts';
import { Metrics } from './metrics.ts';

describe('DecisionDurations', () => {
  it('yields a histogram in seconds with cumulative buckets, a sum and a count, for hits and misses', () => {
    const durations = new DecisionDurations();
    for (const tookMs of [0.004, 0.005, 0.006]) durations.add({ waited: false, tookMs });
    for (const tookMs of [2, 30, 60_000]) durations.add({ waited: true, tookMs });
    const metrics = new Metrics();
    metrics.add({ name: 'd_seconds', help: 'x', type: 'histogram', read: () => durations.samples() });
    const scrape = parseExposition([...metrics.lines()].join(''));
    const within = (cache: string, le: string): number | undefined => scrape.value('d_seconds_bucket', { cache, le });
    expect(['0.000005', '0.00001', '1', '+Inf'].map((le) => within('hit', String(Number(le) || le)))).toEqual([
      2, 3, 3, 3,
    ]);
    expect(['0.001', '0.0025', '0.05', '10', '+Inf'].map((le) => within('miss', le))).toEqual([0, 1, 2, 2, 3]);
    expect(scrape.value('d_seconds_sum', { cache: 'miss' })).toBeCloseTo(60.032);
    expect(scrape.value('d_seconds_count', { cache: 'miss' })).toBe(3);
    expect(scrape.value('d_seconds_count', { cache: 'hit' })).toBe(3);
  });
});
