import type { DecisionLog } from '../log/decision-log.ts';
import type { LogInLog } from '../log/log-in-log.ts';
import type { Repeats } from '../log/repeats.ts';
import type { Sources } from '../sources.ts';
import type { DecisionCells } from './decision-cells.ts';
import type { DecisionDurations } from './decision-durations.ts';
import type { KeptPasses } from './kept-passes.ts';
import type { Metric } from './metric.ts';
import { counter, gauge, labelled, single } from './metric.ts';

export interface DecisionMetricsParts {
  readonly cells: DecisionCells;
  readonly durations: DecisionDurations;
  readonly keptPasses: KeptPasses;
  readonly decisionLog: DecisionLog;
  readonly repeats: Repeats;
  readonly logIns: Pick<LogInLog, 'samples' | 'suppressed'>;
  readonly sources: Pick<Sources, 'tokenCache' | 'endingTokens'>;
}

/** Decisions, log-ins, and the tokens that they are about. */
export function decisionMetrics(parts: DecisionMetricsParts): Metric[] {
  const { cells, durations, keptPasses, decisionLog, repeats, logIns, sources } = parts;
  return [
    counter(
      'sallyport_decisions_total',
      'Decisions. With the outcome shadow, the request passed although its reason would have denied it.',
      () => cells.samples(),
    ),
    counter(
      'sallyport_outcomes_total',
      'The same decisions by outcome and reason alone. Every series exists from the start, so rates miss no first one.',
      () => cells.outcomes(),
    ),
    counter(
      'sallyport_kept_passes_total',
      'Requests that gateways let pass by a kept answer, without asking. They are no decisions.',
      () => keptPasses.samples(),
    ),
    {
      name: 'sallyport_decision_duration_seconds',
      help: 'Time for a decision: each one that had to wait for something (miss), and 1 in 64 of the others (hit).',
      type: 'histogram',
      read: () => durations.samples(),
    },
    gauge('sallyport_known_tokens', 'Verified tokens in the cache.', () => single(sources.tokenCache?.size), 'sum'),
    counter('sallyport_known_token_lookups_total', 'Look-ups of a bearer token in the cache.', () =>
      labelled('result', lookups(sources)),
    ),
    gauge(
      'sallyport_tokens_ending',
      'Tokens of accounts that were used in the last 7 days and end soon. Excludes those that are made for so short a time.',
      () => (sources.endingTokens?.counts ?? []).map(({ tokens, ...labels }) => ({ labels, value: tokens })),
      'own',
    ),
    counter(
      'sallyport_logins_total',
      'Presented names and passwords that were not in the cache. Throttled and busy: no password was compared.',
      () => logIns.samples(),
    ),
    counter('sallyport_log_suppressed_total', 'Log lines left out because there were too many of the same kind.', () =>
      labelled('log', [
        ['decision', decisionLog.suppressed],
        ['app', repeats.suppressed],
        ['audit', logIns.suppressed],
      ]),
    ),
  ];
}

function lookups({ tokenCache }: Pick<Sources, 'tokenCache'>): readonly [string, number][] {
  if (tokenCache === undefined) return [];
  const { hits, misses } = tokenCache;
  return [
    ['hit', hits],
    ['miss', misses],
  ];
}
