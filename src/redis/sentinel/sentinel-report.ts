import type { HostPort } from '../../config/config.ts';

/** What a Sentinel reports about the primary. */
export interface SentinelReport extends HostPort {
  /** The number of the election that it results from. Sentinels themselves trust the latest one. */
  readonly epoch: number;
}

/**
 * Which report to trust: that of the latest election, since a Sentinel may lag behind, and at the start of a failover
 * only the Sentinel that leads it knows the result. `reports` has a member for each Sentinel, `undefined` for one that
 * does not answer. An earlier election than the `known` one counts only if that `isForgotten` and more than half of the
 * Sentinels answer: then they were set up anew.
 */
export function electedPrimary(
  reports: readonly (SentinelReport | undefined)[],
  known: SentinelReport | undefined,
  isForgotten: boolean,
): SentinelReport | undefined {
  const answers = reports.filter((report) => report !== undefined);
  const latest = Math.max(...answers.map(({ epoch }) => epoch));
  const isEnough = isForgotten && answers.length * 2 > reports.length;
  if (answers.length === 0 || (known !== undefined && latest < known.epoch && !isEnough)) return known;
  return mostNamed(
    answers.filter(({ epoch }) => epoch === latest),
    known,
  );
}

export function isSamePlace(one: HostPort, other: HostPort | undefined): boolean {
  return one.host === other?.host && one.port === other.port;
}

/** The primary with most reports; in a tie the known one, or the first. */
function mostNamed(reports: readonly SentinelReport[], known: HostPort | undefined): SentinelReport | undefined {
  const votesFor = (report: SentinelReport): number =>
    reports.filter((other) => isSamePlace(report, other)).length + (isSamePlace(report, known) ? 0.5 : 0);
  return reports.toSorted((left, right) => votesFor(right) - votesFor(left))[0];
}
