import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { Observation } from '../../src/observe/observation.ts';
import { documentedMetrics } from '../support/monitoring/metrics-table.ts';
import { metricsIn } from '../support/monitoring/queries.ts';
import { readRules } from '../support/monitoring/rules.ts';

/** The metrics that the code defines, whether or not they have a value. */
function definedMetrics(): readonly string[] {
  const log = { level: 'silent', passes: 0, audit: undefined } as const;
  const observation = new Observation(log, { clock: systemClock, destination: { write: () => undefined } });
  const text = [...observation.measure().lines()].join('');
  observation.close();
  return Array.from(text.matchAll(/^# TYPE (\w+) /gm), ([, name = '']) => name);
}

describe('the metrics', () => {
  const defined = definedMetrics();

  it('are those of the table in docs/observability.md', () => {
    expect(defined.length).toBeGreaterThan(30);
    expect([...documentedMetrics().keys()].toSorted()).toEqual(defined.toSorted());
  });

  it('include all that the rules read', () => {
    const read = readRules().flatMap(({ expr }) => metricsIn(expr));
    expect(read.length).toBeGreaterThan(30);
    expect(read.filter((name) => !defined.includes(name))).toEqual([]);
  });
});
