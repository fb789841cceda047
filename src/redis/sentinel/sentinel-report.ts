import type { HostPort } from '../../config/config.ts';

/** What a Sentinel says. */
export interface SentinelReport extends HostPort {
  /** Which election it goes back to: Sentinels themselves believe the later one. */
  readonly epoch: number;
}

/**
 * Which of the words to believe: the one of the latest election, since a Sentinel may lag behind, and at the start of
 * a failover only the one that leads it knows. `words` has a member for each Sentinel, `undefined` for one that does
 * not answer. An earlier election than the `known` one counts only where that `isForgotten` and more than half of them
 * answer: somebody set them up anew.
 */
export function electedPrimary(
  words: readonly (SentinelReport | undefined)[],
  known: SentinelReport | undefined,
  isForgotten: boolean,
): SentinelReport | undefined {
  const answers = words.filter((word) => word !== undefined);
  const latest = Math.max(...answers.map(({ epoch }) => epoch));
  const isEnough = isForgotten && answers.length * 2 > words.length;
  if (answers.length === 0 || (known !== undefined && latest < known.epoch && !isEnough)) return known;
  return mostNamed(
    answers.filter(({ epoch }) => epoch === latest),
    known,
  );
}

export function isSamePlace(one: HostPort, other: HostPort | undefined): boolean {
  return one.host === other?.host && one.port === other.port;
}

/** Of those that are named equally often the known one, or the first. */
function mostNamed(words: readonly SentinelReport[], known: HostPort | undefined): SentinelReport | undefined {
  const votesFor = (word: SentinelReport): number =>
    words.filter((other) => isSamePlace(word, other)).length + (isSamePlace(word, known) ? 0.5 : 0);
  return words.toSorted((left, right) => votesFor(right) - votesFor(left))[0];
}
