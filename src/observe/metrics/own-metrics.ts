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

/** What Sallyport counts of itself. */
export function addOwnMetrics(metrics: Metrics, parts: OwnMetricsParts): void {
  const groups = [ofDecisions(parts), ofKnowledge(parts), ofFailures(parts), ofConfig(parts)];
  for (const metric of groups.flat()) metrics.add(metric);
}

function ofDecisions({ cells, durations, decisionLog, repeats, logIns }: OwnMetricsParts): Metric[] {
  return [
    counter(
      'sallyport_decisions_total',
      'Decisions. The outcome shadow let pass what its reason would have denied; the route is its pattern.',
      () => cells.samples(),
    ),
    {
      name: 'sallyport_decision_duration_seconds',
      help: 'Time for a decision: all that had to wait for something (miss), and 1 in 64 of the others (hit).',
      type: 'histogram',
      read: () => durations.samples(),
    },
    counter('sallyport_log_suppressed_total', 'Log lines left out because there were too many of the kind.', () => [
      { labels: { log: 'decision' }, value: decisionLog.suppressed },
      { labels: { log: 'app' }, value: repeats.suppressed },
      { labels: { log: 'audit' }, value: logIns.suppressed },
    ]),
    counter(
      'sallyport_logins_total',
      'Names and passwords that were presented and not remembered. Throttled and busy: no password was compared.',
      () => logIns.samples(),
    ),
  ];
}

function ofKnowledge({ sources, clock }: OwnMetricsParts): Metric[] {
  return [
    gauge('sallyport_known_tokens', 'Verified tokens that are remembered.', () => single(sources.knownTokens?.size)),
    counter('sallyport_known_token_lookups_total', 'Look-ups of a bearer token among those known.', () =>
      lookups(sources),
    ),
    gauge(
      'sallyport_standings',
      'Entries of the revocation set that are remembered, those that do not exist too.',
      () => single(sources.standings?.size),
    ),
    gauge('sallyport_revocation_outage', '1 while the last question about a revocation went unanswered.', () =>
      single(sources.standings && Number(sources.standings.status.outage)),
    ),
    gauge('sallyport_revocation_set_lost', '1 while the revocation set is lost and nobody has accepted that.', () =>
      single(sources.revocationSet && Number(sources.revocationSet.status.lostSinceSeconds !== undefined)),
    ),
    counter('sallyport_revocations_rewritten_total', 'Revocations that the store had lost and got again.', () =>
      single(sources.revocationSet?.status.rewritten),
    ),
    counter('sallyport_revocations_vanished_total', 'Revocations that went from the store before their time.', () =>
      single(sources.revocationSet?.status.vanished),
    ),
    gauge('sallyport_feed_age_seconds', 'Time since the revocation feed last proved that it tells of changes.', () => {
      const freshness = sources.standings?.freshness;
      return single(freshness && feedAgeSeconds(freshness, clock.monotonicMs()));
    }),
    gauge('sallyport_signing_key_since_timestamp_seconds', 'Unix time since which the present key signs.', () =>
      single(sources.ownKeys?.state?.sinceSeconds),
    ),
    gauge('sallyport_signing_keys_failing', '1 while the signing keys cannot be read, and nothing is signed.', () =>
      single(sources.ownKeys?.state && Number(sources.ownKeys.state.failing)),
    ),
    gauge(
      'sallyport_key_set_age_seconds',
      "Time since an issuer's keys in force were last known to be published.",
      () => ofKeySets(sources, ({ ageSeconds }) => ageSeconds),
    ),
    gauge('sallyport_key_set_failures', "Attempts to refresh an issuer's keys that failed in a row.", () =>
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
      "Questions about opaque tokens to an issuer's server, by what became of them; those unasked were never sent.",
      read(({ issuer, questions }) =>
        Object.entries(questions).map(([outcome, value]) => ({ labels: { issuer, outcome }, value })),
      ),
    ),
    gauge(
      'sallyport_introspection_failures',
      "Questions about opaque tokens to an issuer's server that failed in a row.",
      read(({ issuer, failures }) => [{ labels: { issuer }, value: failures }]),
    ),
  ];
}

function ofFailures({ failures, forwarding, logs }: OwnMetricsParts): Metric[] {
  return [
    counter('sallyport_store_errors_total', 'Questions that the store did not answer, or not in time.', () =>
      single(failures.store),
    ),
    counter('sallyport_internal_errors_total', 'Failures of other parts than the store, and bugs.', () =>
      single(failures.other),
    ),
    counter('sallyport_audit_errors_total', 'Audit lines that log.audit did not take and the common log has.', () =>
      single(failures.audit),
    ),
    counter('sallyport_tls_handshake_failures_total', 'TLS handshakes that failed, by the door they were for.', () =>
      Array.from(failures.handshakes, ([door, value]) => ({ labels: { door }, value })),
    ),
    counter(
      'sallyport_forwarded_for_ignored_total',
      'X-Forwarded-For of peers that trustedProxies does not list, wherever somebody asked for the client.',
      () => Array.from(forwarding.ignored, ([door, { count }]) => ({ labels: { door }, value: count })),
    ),
    counter('sallyport_log_lost_total', 'Log lines that the standard output did not take.', () => single(logs.lost)),
  ];
}

function ofConfig({ configStatus }: OwnMetricsParts): Metric[] {
  return [
    gauge(
      'sallyport_config_last_reload_successful',
      'Whether the configuration file is the one in force: 1 or 0.',
      () => single(configStatus.isCurrent ? 1 : 0),
    ),
    gauge(
      'sallyport_config_last_reload_success_timestamp_seconds',
      'Unix time at which a configuration was last taken up.',
      () => single(configStatus.takenAtMs / 1_000),
    ),
  ];
}

function lookups({ knownTokens }: Sources): Sample[] {
  if (knownTokens === undefined) return [];
  const { hits, misses } = knownTokens;
  return Object.entries({ hit: hits, miss: misses }).map(([result, value]) => ({ labels: { result }, value }));
}

/** Those that have a value. */
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
