import type { Failures } from '../failures.ts';
import type { Forwarding } from '../forwarding.ts';
import type { Health } from '../health.ts';
import type { Logs } from '../log/logs.ts';
import type { Metric } from './metric.ts';
import { counter, gauge, labelled, single } from './metric.ts';

export interface FailureMetricsParts {
  readonly health: Pick<Health, 'state'>;
  readonly failures: Failures;
  readonly forwarding: Forwarding;
  readonly logs: Pick<Logs, 'lost'>;
}

/** Whether the instance is ready, and what failed. */
export function failureMetrics({ health, failures, forwarding, logs }: FailureMetricsParts): Metric[] {
  return [
    gauge(
      'sallyport_ready',
      '1 from the moment every door is open until a stop begins, else 0.',
      () => single(Number(health.state === 'ready')),
      'own',
    ),
    counter('sallyport_store_errors_total', 'Store operations that failed or timed out.', () => single(failures.store)),
    counter('sallyport_internal_errors_total', 'Failures of parts other than the store, and bugs.', () =>
      single(failures.other),
    ),
    counter(
      'sallyport_audit_errors_total',
      'Audit lines that could not be written to log.audit and went to the common log.',
      () => single(failures.audit),
    ),
    counter(
      'sallyport_refresh_token_reuses_total',
      'Refresh tokens that were used twice; each use ended the tokens of its client.',
      () => single(failures.refreshReuses),
    ),
    counter('sallyport_log_lost_total', 'Log lines that could not be written to the standard output.', () =>
      single(logs.lost),
    ),
    counter('sallyport_telemetry_failures_total', 'Exports over OpenTelemetry that failed, by signal.', () =>
      labelled('signal', failures.exports),
    ),
    counter(
      'sallyport_forwarded_for_ignored_total',
      'Requests whose X-Forwarded-* was ignored because trustedProxies does not list their peer.',
      () =>
        labelled(
          'door',
          Array.from(forwarding.ignored, ([door, { count }]) => [door, count]),
        ),
    ),
  ];
}
