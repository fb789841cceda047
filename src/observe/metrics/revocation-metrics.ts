import type { Clock } from '../../core/ports.ts';
import { feedAgeSeconds } from '../components.ts';
import type { Sources } from '../sources.ts';
import type { Metric } from './metric.ts';
import { counter, gauge, single } from './metric.ts';

export interface RevocationMetricsParts {
  readonly sources: Pick<Sources, 'standings' | 'revocationSet' | 'watches'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** What this instance knows of revocations, and how fresh it is. */
export function revocationMetrics({ sources, clock }: RevocationMetricsParts): Metric[] {
  return [
    gauge('sallyport_feed_age_seconds', 'Time since the revocation feed last proved that it works.', () => {
      const freshness = sources.standings?.freshness;
      return single(freshness && feedAgeSeconds(freshness, clock.monotonicMs()));
    }),
    gauge(
      'sallyport_feed_max_age_seconds',
      'The setting revocation.maxStaleness: with an older feed, every decision asks the store.',
      () => {
        const maxStalenessMs = sources.standings?.freshness.maxStalenessMs;
        return single(maxStalenessMs && maxStalenessMs / 1_000);
      },
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
    gauge(
      'sallyport_standings',
      'Entries of the revocation set in the cache, including those known not to exist.',
      () => single(sources.standings?.size),
      'sum',
    ),
    gauge('sallyport_revocation_watchers', 'Callers of the internal API that follow the revocation set.', () =>
      single(sources.watches?.size),
    ),
  ];
}
