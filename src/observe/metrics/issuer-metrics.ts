import type { IntrospectionState, KeySetState, Sources } from '../sources.ts';
import type { Metric } from './metric.ts';
import { counter, gauge, labelled, single } from './metric.ts';
import type { Sample } from './samples.ts';

export interface IssuerMetricsParts {
  readonly sources: Pick<Sources, 'keySets' | 'ownKeys' | 'introspection'>;
}

/** The keys of issuers, our own included, and introspection servers. */
export function issuerMetrics({ sources }: IssuerMetricsParts): Metric[] {
  return [
    gauge(
      'sallyport_key_set_age_seconds',
      "Time since an issuer's keys in force were last known to be published.",
      () => ofKeySets(sources, ({ ageSeconds }) => ageSeconds),
    ),
    gauge(
      'sallyport_key_set_max_age_seconds',
      'The setting maxStale of an issuer: its keys are in force for that long after they were last known.',
      () => ofKeySets(sources, ({ maxAgeSeconds }) => maxAgeSeconds),
    ),
    gauge('sallyport_key_set_failures', "Failed attempts in a row to refresh an issuer's keys.", () =>
      ofKeySets(sources, ({ failures }) => failures),
    ),
    counter(
      'sallyport_introspections_total',
      "Introspection requests to an issuer's server, by outcome. Unasked requests were never sent.",
      () => ofServers(sources, outcomesOf),
    ),
    gauge(
      'sallyport_introspection_failures',
      "Failed introspection requests in a row to an issuer's server, about tokens that it had vouched for.",
      () => ofServers(sources, ({ issuer, failures }) => [{ labels: { issuer }, value: failures }]),
    ),
    gauge(
      'sallyport_signing_key_since_timestamp_seconds',
      'Unix time since which the current key signs.',
      () => single(sources.ownKeys?.state?.sinceSeconds),
      'min',
    ),
    gauge('sallyport_signing_keys_failing', '1 while the signing keys cannot be read and nothing is signed.', () =>
      single(sources.ownKeys?.state && Number(sources.ownKeys.state.failing)),
    ),
  ];
}

/** Yields a sample for each key set that has a value. */
function ofKeySets(
  { keySets }: Pick<Sources, 'keySets'>,
  valueOf: (state: KeySetState) => number | undefined,
): Generator<Sample> {
  const values = Array.from(keySets?.statuses() ?? [], (state) => [state.issuer, valueOf(state)] as const);
  return labelled(
    'issuer',
    values.flatMap(([issuer, value]) => (value === undefined ? [] : [[issuer, value]])),
  );
}

function ofServers(
  { introspection }: Pick<Sources, 'introspection'>,
  samplesOf: (state: IntrospectionState) => readonly Sample[],
): readonly Sample[] {
  return Array.from(introspection?.statuses() ?? []).flatMap(samplesOf);
}

function outcomesOf({ issuer, requests }: IntrospectionState): readonly Sample[] {
  return Object.entries(requests).map(([outcome, value]) => ({ labels: { issuer, outcome }, value }));
}
