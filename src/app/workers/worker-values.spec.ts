import { expect, it } from 'vitest';
import type { MetricValues } from '../../observe/metrics/metric-values.ts';
import { WorkerValues } from './worker-values.ts';

function values(name: string, value: number): MetricValues {
  return new Map([[name, [{ labels: {}, value }]]]);
}

const OUTCOMES = 'sallyport_outcomes_total';

it('keeps the counts of a process that has ended, and adds those of its replacements', () => {
  const worker = new WorkerValues();
  const shown: number[] = [];
  for (const counts of [3, 5]) {
    worker.counted(values(OUTCOMES, counts));
    shown.push(worker.decisions);
  }
  for (const counts of [0, 4]) {
    worker.processEnded();
    shown.push(worker.decisions);
    worker.counted(values(OUTCOMES, counts));
    shown.push(worker.decisions);
  }
  expect(shown).toEqual([3, 5, 5, 5, 5, 9]);
});

it('forgets gauges when the process ends or does not answer', () => {
  const worker = new WorkerValues();
  const shown = (): number[] => [...worker.samplesOf('y')].flat().map(({ value }) => value);
  worker.measured(values('y', 1));
  expect(shown()).toEqual([1]);
  worker.measured(new Map());
  expect(shown()).toEqual([]);
  worker.measured(values('y', 2));
  worker.processEnded();
  expect(shown()).toEqual([]);
});
