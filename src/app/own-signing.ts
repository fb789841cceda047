import type { Config } from '../config/config.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import type { Clock } from '../core/ports.ts';
import { systemTimers } from '../lib/clock.ts';
import type { RevocationSet } from '../revocation-set/revocation-set.ts';
import { inOrder, rereadMs } from '../signing/key-life.ts';
import { KeyRing } from '../signing/key-ring.ts';
import type { OwnKeysObserver } from '../signing/own-keys.ts';
import { OwnKeys } from '../signing/own-keys.ts';
import { openOwnSealer } from '../signing/own-sealer.ts';
import type { Sealer } from '../signing/sealer.ts';
import type { Store } from '../store/store.ts';

/** Our own signing keys, and the sealer that opens them. */
export interface OwnSigning {
  readonly keys: OwnKeys;
  readonly sealer: Sealer;
}

/** Has our own keys take up a configuration: how often they are read again, and by which rules they change. */
export function reconfigureOwnKeys(
  config: Config,
  { own, store, revocationSet, clock, events }: Omit<OwnSigningParts, 'events'> & ReconfiguredKeys,
): void {
  const issuer = ownIssuer(config);
  if (own === undefined || issuer === undefined) return;
  const { keys, sealer } = own;
  const { algorithm } = issuer.signing;
  if (keys.algorithm !== algorithm) events.ownKeysOfOtherAlgorithm(keys.algorithm, algorithm);
  keys.reconfigure(rereadMs(issuer.signing), keyRingOf(config, issuer, { store, revocationSet, clock, sealer }));
}

/** The ring of the keys in the store, under one configuration. */
function keyRingOf(
  { clockSkewMs }: Pick<Config, 'clockSkewMs'>,
  issuer: OwnIssuer,
  { store, revocationSet, clock, sealer }: Omit<OwnSigningParts, 'events'> & { readonly sealer: Sealer },
): KeyRing {
  const { signingKeys } = store;
  const { revocations } = revocationSet;
  return new KeyRing({ issuer, store: signingKeys, revocations, sealer, clock, clockSkewMs });
}

interface ReconfiguredKeys {
  readonly own: OwnSigning | undefined;
  readonly events: {
    /** The signing key has another algorithm than new keys will have. */
    ownKeysOfOtherAlgorithm(has: string | undefined, wanted: string): void;
  };
}

interface OwnSigningParts {
  readonly store: Store;
  readonly revocationSet: Pick<RevocationSet, 'revocations'>;
  readonly clock: Clock;
  readonly events: OwnKeysObserver;
  /** Called when keys have ceased to be in force; by default, nothing is. */
  readonly keysEnded?: () => void;
}

/** The issuer of our own tokens, if there is one. */
export function ownIssuer({ issuers }: Config): OwnIssuer | undefined {
  return issuers.find((issuer) => issuer.kind === 'signing');
}

/** Opens our own keys. Rejects if those in the store cannot be opened; `undefined` if there are none to read. */
export async function openOwnSigning(
  config: Config,
  { store, revocationSet, clock, events: observer, keysEnded = () => undefined }: OwnSigningParts,
  mode: 'create the first key' | 'only read',
): Promise<OwnSigning | undefined> {
  const issuer = ownIssuer(config);
  if (issuer === undefined) return undefined;
  const existing = inOrder((await store.signingKeys.read(issuer.name)).keys);
  if (existing.length === 0 && mode === 'only read') return undefined;
  const sealer = await openOwnSealer(issuer, config.store, store.signingKeys);
  const ring = keyRingOf(config, issuer, { store, revocationSet, clock, sealer });
  const read = { reconcile: async () => inOrder((await store.signingKeys.read(issuer.name)).keys) };
  const parts = { ring: mode === 'only read' ? read : ring, sealer, clock, timers: systemTimers, random: Math.random };
  const keys = new OwnKeys({ ...parts, observer, keysEnded });
  // Existing keys are not checked for revocations here, which may not be readable yet.
  keys.replaceKeys(existing.length > 0 ? existing : await ring.reconcile());
  return { keys, sealer };
}
