import type { DecisionPointState, Sources } from '../sources.ts';
import type { Metric } from './metric.ts';
import { counter, gauge } from './metric.ts';
import type { Sample } from './samples.ts';

export interface DecisionPointMetricsParts {
  readonly sources: Pick<Sources, 'decisionPoints'>;
}

/** Policy decision points. */
export function decisionPointMetrics({ sources }: DecisionPointMetricsParts): Metric[] {
  return [
    counter(
      'sallyport_rulings_total',
      'Questions to a policy decision point, by outcome. Unasked questions were never sent.',
      () => ofPoints(sources, outcomesOf),
    ),
    gauge('sallyport_decision_point_failures', 'Failed requests in a row to a policy decision point.', () =>
      ofPoints(sources, ({ name, failures }) => [{ labels: { decision_point: name }, value: failures }]),
    ),
  ];
}

function ofPoints(
  { decisionPoints }: DecisionPointMetricsParts['sources'],
  samplesOf: (state: DecisionPointState) => readonly Sample[],
): readonly Sample[] {
  return Array.from(decisionPoints?.statuses() ?? []).flatMap(samplesOf);
}

function outcomesOf({ name, rulings }: DecisionPointState): readonly Sample[] {
  return Object.entries(rulings).map(([outcome, value]) => ({ labels: { decision_point: name, outcome }, value }));
}
