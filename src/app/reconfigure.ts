import type { Config, Listener } from '../config/config.ts';
import type { IssuerNames } from '../config/reload/issuer-names.ts';
import type { DecisionPoints } from '../decision-points/decision-points.ts';
import type { Observation } from '../observe/observation.ts';
import type { RevocationWatches } from '../revocation/revocation-watches.ts';
import type { Standings } from '../revocation-set/standings.ts';
import type { KeySets } from '../verification/key-sets/key-sets.ts';
import type { Introspection } from '../verification/opaque/introspection.ts';
import { limitsOf } from './shared-parts.ts';

/** The long-lived parts that a configuration concerns. Their `reconfigure` must not throw. */
export interface ReconfiguredParts {
  readonly observation: Pick<Observation, 'reconfigure'>;
  readonly issuerNames: Pick<IssuerNames, 'remember'>;
  readonly store: { reconfigure(config: Config['store']): void };
  readonly standings: Pick<Standings, 'reconfigure'>;
  readonly keySets: Pick<KeySets, 'reconfigure'>;
  readonly introspection: Pick<Introspection, 'reconfigure'>;
  readonly decisionPoints: Pick<DecisionPoints, 'reconfigure'>;
  readonly ownKeys: { reconfigure(config: Config): void };
  readonly watches: Pick<RevocationWatches, 'reset'>;
  /** The doors that are open. */
  readonly doors: Readonly<Record<DoorKey, { reconfigure(listener: Listener): void } | undefined>>;
}

/** The key of a door under `listen`. */
export type DoorKey = keyof Config['listen'];

export const DOOR_KEYS: readonly DoorKey[] = ['extAuthz', 'tokens', 'verify', 'access', 'admin'];

/**
 * Every long-lived part takes up what a configuration says of it, in this order. All that can fail has been done
 * before, so that a configuration is taken up whole or not at all.
 */
export function reconfigure(parts: ReconfiguredParts, config: Config): void {
  parts.observation.reconfigure(config);
  parts.issuerNames.remember(config.issuers);
  parts.store.reconfigure(config.store);
  parts.standings.reconfigure(limitsOf(config));
  parts.keySets.reconfigure(config.issuers);
  parts.introspection.reconfigure(config.issuers);
  parts.decisionPoints.reconfigure(config.decisionPoints);
  parts.ownKeys.reconfigure(config);
  parts.watches.reset('answers changed');
  for (const door of DOOR_KEYS) {
    const listener = config.listen[door];
    if (listener !== undefined) parts.doors[door]?.reconfigure(listener);
  }
}
