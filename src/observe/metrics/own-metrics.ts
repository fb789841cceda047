import type { Clock } from '../../core/ports.ts';
import { feedAgeSeconds } from '../components.ts';
import type { ConfigStatus } from '../config-status.ts';
import type { Failures } from '../failures.ts';
import type { Forwarding } from '../forwarding.ts';
import type { DecisionLog } from '../log/decision-log.ts';
import type { LogInLog } from '../log/log-in-log.ts';
import type { Logs } from '../log/logs.ts';
import type { Repeats } from '../log/repeats.ts';
import type { IntrospectionState, KeySetState, Sources } from '../sources.ts';
import type { DecisionCells } from './decision-cells.ts';
import type { DecisionDurations } from './decision-durations.ts';
import type { Metric, Metrics } from './metrics.ts';
import { single } from './metrics.ts';
import type { Sample } from './samples.ts';

export interface OwnMetricsParts {
  readonly cells: DecisionCells;
  readonly durations: DecisionDurations;
  readonly decisionLog: DecisionLog;
  readonly repeats: Repeats;
  readonly logIns: Pick<LogInLog, 'samples' | 'suppressed'>;
  readonly logs: Pick<Logs, 'lost'>;
  readonly failures: Failures;
  readonly forwarding: Forwarding;
  readonly configStatus: ConfigStatus;
  readonly sources: Sources;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Adds Sallyport's own metrics. */
export function addOwnMetrics(metrics: Metrics, parts: OwnMetricsParts): void {
  const groups = [ofDecisions(parts), ofCaches(parts), ofFailures(parts), ofConfig(parts)];
  for (const metric of groups.flat()) metrics.add(metric);
}

function ofDecisions({ cells, durations, decisionLog, repeats, logIns }: OwnMetricsParts): Metric[] {
  return [
    counter(
      'sallyport_decisions_total',
      'Decisions. With the outcome shadow, the request passed although its reason would have denied it.',
      () => cells.samples(),
    ),
    {
      name: 'sallyport_decision_duration_seconds',
      help: 'Time for a decision: each one that had to wait for something (miss), and 1 in 64 of the others (hit).',
      type: 'histogram',
      read: () => durations.samples(),
    },
    counter(
      'sallyport_log_suppressed_total',
      'Log lines left out because there were too many of the same kind.',
      () => [
        { labels: { log: 'decision' }, value: decisionLog.suppressed },
        { labels: { log: 'app' }, value: repeats.suppressed },
        { labels: { log: 'audit' }, value: logIns.suppressed },
      ],
    ),
    counter(
      'sallyport_logins_total',
      'Presented names and passwords that were not in the cache. Throttled and busy: no password was compared.',
      () => logIns.samples(),
    ),
  ];
}

function ofCaches({ sources, clock }: OwnMetricsParts): Metric[] {
  return [
    gauge('sallyport_known_tokens', 'Verified tokens in the cache.', () => single(sources.tokenCache?.size)),
    counter('sallyport_known_token_lookups_total', 'Look-ups of a bearer token in the cache.', () => lookups(sources)),
    gauge(
      'sallyport_standings',
      'Entries of the revocation set in the cache, including those known not to exist.',
      () => single(sources.standings?.size),
    ),
    gauge('sallyport_revocation_watchers', 'Callers of the internal API that follow the revocation set.', () =>
      single(sources.watches?.size),
    ),
    gauge('sallyport_revocation_outage', '1 while the store did not answer the last query for a revocation.', () =>
      single(sources.standings && Number(sources.standings.status.outage)),
    ),
    gauge('sallyport_revocation_set_lost', '1 while the revocation set is lost, until the loss is accepted.', () =>
      single(sources.revocationSet && Number(sources.revocationSet.status.lostSinceSeconds !== undefined)),
    ),
    counter(
      'sallyport_revocations_rewritten_total',
      'Revocations that the store had lost and that were written again.',
      () => single(sources.revocationSet?.status.rewritten),
    ),
    counter(
      'sallyport_revocations_vanished_total',
      'Revocations that vanished from the store before they expired.',
      () => single(sources.revocationSet?.status.vanished),
    ),
    gauge('sallyport_feed_age_seconds', 'Time since the revocation feed last proved that it works.', () => {
      const freshness = sources.standings?.freshness;
      return single(freshness && feedAgeSeconds(freshness, clock.monotonicMs()));
    }),
    gauge('sallyport_signing_key_since_timestamp_seconds', 'Unix time since which the current key signs.', () =>
      single(sources.ownKeys?.state?.sinceSeconds),
    ),
    gauge('sallyport_signing_keys_failing', '1 while the signing keys cannot be read and nothing is signed.', () =>
      single(sources.ownKeys?.state && Number(sources.ownKeys.state.failing)),
    ),
    gauge(
      'sallyport_key_set_age_seconds',
      "Time since an issuer's keys in force were last known to be published.",
      () => ofKeySets(sources, ({ ageSeconds }) => ageSeconds),
    ),
    gauge('sallyport_key_set_failures', "Failed attempts in a row to refresh an issuer's keys.", () =>
      ofKeySets(sources, ({ failures }) => failures),
    ),
    ...ofIntrospection(sources),
  ];
}

function ofIntrospection(sources: Sources): Metric[] {
  const read = (samplesOf: (state: IntrospectionState) => readonly Sample[]) => () =>
    Array.from(sources.introspection?.statuses() ?? []).flatMap(samplesOf);
  return [
    counter(
      'sallyport_introspections_total',
      "Introspection requests to an issuer's server, by outcome. Unasked requests were never sent.",
      read(({ issuer, requests }) =>
        Object.entries(requests).map(([outcome, value]) => ({ labels: { issuer, outcome }, value })),
      ),
    ),
    gauge(
      'sallyport_introspection_failures',
      "Failed introspection requests in a row to an issuer's server, about tokens that it had vouched for.",
      read(({ issuer, failures }) => [{ labels: { issuer }, value: failures }]),
    ),
  ];
}

function ofFailures({ failures, forwarding, logs }: OwnMetricsParts): Metric[] {
  return [
    counter('sallyport_store_errors_total', 'Store operations that failed or timed out.', () => single(failures.store)),
    counter('sallyport_internal_errors_total', 'Failures of parts other than the store, and bugs.', () =>
      single(failures.other),
    ),
    counter(
      'sallyport_audit_errors_total',
      'Audit lines that could not be written to log.audit and went to the common log.',
      () => single(failures.audit),
    ),
    counter('sallyport_tls_handshake_failures_total', 'Failed TLS handshakes, by door.', () =>
      Array.from(failures.handshakes, ([door, value]) => ({ labels: { door }, value })),
    ),
    counter(
      'sallyport_forwarded_for_ignored_total',
      'Requests whose X-Forwarded-* was ignored because trustedProxies does not list their peer.',
      () => Array.from(forwarding.ignored, ([door, { count }]) => ({ labels: { door }, value: count })),
    ),
    counter('sallyport_log_lost_total', 'Log lines that could not be written to the standard output.', () =>
      single(logs.lost),
    ),
  ];
}

function ofConfig({ configStatus }: OwnMetricsParts): Metric[] {
  return [
    gauge('sallyport_config_last_reload_successful', '1 if the current configuration file is in force, else 0.', () =>
      single(configStatus.isCurrent ? 1 : 0),
    ),
    gauge(
      'sallyport_config_last_reload_success_timestamp_seconds',
      'Unix time at which a configuration last came into force.',
      () => single(configStatus.inForceSinceMs / 1_000),
    ),
  ];
}

function lookups({ tokenCache }: Sources): Sample[] {
  if (tokenCache === undefined) return [];
  const { hits, misses } = tokenCache;
  return Object.entries({ hit: hits, miss: misses }).map(([result, value]) => ({ labels: { result }, value }));
}

/** Yields a sample for each key set that has a value. */
function* ofKeySets({ keySets }: Sources, valueOf: (state: KeySetState) => number | undefined): Generator<Sample> {
  for (const state of keySets?.statuses() ?? []) {
    const value = valueOf(state);
    if (value !== undefined) yield { labels: { issuer: state.issuer }, value };
  }
}

function counter(name: string, help: string, read: Metric['read']): Metric {
  return { name, help, type: 'counter', read };
}

function gauge(name: string, help: string, read: Metric['read']): Metric {
  return { name, help, type: 'gauge', read };
}
