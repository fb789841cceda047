import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../../test/support/exposition.ts';
import { single } from './metric.ts';
import { Metrics } from './metrics.ts';

function textOf(metrics: Metrics): string {
  return [...metrics.lines()].join('');
}

describe('Metrics', () => {
  it('writes the text format of Prometheus with current values', () => {
    const metrics = new Metrics();
    let count = 0;
    metrics.add({ name: 'a_total', help: 'As they\ncome, \\ too.', type: 'counter', read: () => single((count += 1)) });
    metrics.add({ name: 'b', help: 'None.', type: 'gauge', read: () => single(undefined) });
    metrics.add({
      name: 'c',
      help: 'One.',
      type: 'gauge',
      read: () => [{ labels: { x: '"\\\n', y: '' }, value: -0.5 }],
    });
    textOf(metrics);
    expect(textOf(metrics)).toBe(
      `# HELP a_total As they\\ncome, \\\\ too.
# TYPE a_total counter
a_total 2
# HELP b None.
# TYPE b gauge
# HELP c One.
# TYPE c gauge
c{x="\\"\\\\\\n",y=""} -0.5
`,
    );
  });

  it.each([
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [NaN, 'NaN'],
    [1e21, '1e+21'],
    [0.000005, '0.000005'],
  ])('writes %d as %s', (value, written) => {
    const metrics = new Metrics();
    metrics.add({ name: 'a', help: 'x', type: 'gauge', read: () => single(value) });
    expect(textOf(metrics)).toContain(`\na ${written}\n`);
    expect(parseExposition(textOf(metrics)).value('a')).toBe(value);
  });

  it('preserves every label and value', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, fc.double(), (one, other, value) => {
        const metrics = new Metrics();
        metrics.add({ name: 'a', help: `${one}x`, type: 'gauge', read: () => [{ labels: { one, other }, value }] });
        expect(parseExposition(textOf(metrics)).value('a', { one, other })).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it.each(['', '1a', 'a-b', 'a{', 'a\n'])('rejects the name %j', (name) => {
    const add = (): void => new Metrics().add({ name, help: 'x', type: 'gauge', read: () => [] });
    expect(add).toThrow('not a metric name');
  });

  it('rejects a name that already exists', () => {
    const metrics = new Metrics();
    const metric = { name: 'a', help: 'x', type: 'gauge', read: () => [] } as const;
    metrics.add(metric);
    expect(() => metrics.add(metric)).toThrow("the metric 'a' already exists");
  });
});
