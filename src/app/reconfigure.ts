import type { Config } from '../config/config.ts';
import type { IssuerNames } from '../config/reload/issuer-names.ts';
import type { AdminDoor } from '../edge/admin/service.ts';
import type { ExtAuthzDoor } from '../edge/ext-authz/service.ts';
import type { TokenApiDoor } from '../edge/token-api/service.ts';
import type { Observation } from '../observe/observation.ts';
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
  readonly ownKeys: { reconfigure(config: Config): void };
  /** The doors that are open. */
  readonly doors: {
    readonly extAuthz: Pick<ExtAuthzDoor, 'reconfigure'> | undefined;
    readonly tokens: Pick<TokenApiDoor, 'reconfigure'> | undefined;
    readonly admin: Pick<AdminDoor, 'reconfigure'> | undefined;
  };
}

/**
 * Every long-lived part takes up what a configuration says of it, in this order. All that can fail has been done
 * before, so that a configuration is taken up whole or not at all.
 */
export function reconfigure(parts: ReconfiguredParts, config: Config): void {
  const { extAuthz, tokens, admin } = config.listen;
  parts.observation.reconfigure(config);
  parts.issuerNames.remember(config.issuers);
  parts.store.reconfigure(config.store);
  parts.standings.reconfigure(limitsOf(config));
  parts.keySets.reconfigure(config.issuers);
  parts.introspection.reconfigure(config.issuers);
  parts.ownKeys.reconfigure(config);
  if (extAuthz !== undefined) parts.doors.extAuthz?.reconfigure(extAuthz);
  if (tokens !== undefined) parts.doors.tokens?.reconfigure(tokens);
  if (admin !== undefined) parts.doors.admin?.reconfigure(admin);
}
