import { randomBytes } from 'node:crypto';
import type { OwnIssuer, StoreConfig } from '../config/config.ts';
import type { Clock } from '../core/ports.ts';
import type { SigningKeyStore } from '../store/store.ts';
import { readOrMakeSealFile } from './seal-secret.ts';
import { Sealer } from './sealer.ts';
import type { SigningKey } from './signing-keys.ts';
import { openSigningKeys } from './signing-keys.ts';

/** Our own signing keys, oldest first, opened with the configured secret or the one beside the embedded store. */
export async function openOwnKeys(
  issuer: OwnIssuer,
  storeConfig: StoreConfig,
  store: SigningKeyStore,
  clock: Pick<Clock, 'wallMs'>,
): Promise<readonly SigningKey[]> {
  const secret = issuer.signing.sealWith?.reveal() ?? (await secretBeside(storeConfig));
  return openSigningKeys(issuer, store, new Sealer(secret), Math.floor(clock.wallMs() / 1000));
}

async function secretBeside(store: StoreConfig): Promise<Uint8Array> {
  // The configuration is refused before; a secret of one's own would lock every other instance out.
  if (store.kind === 'redis') throw new Error('a Redis store needs signing.sealWith');
  return store.kind === 'sqlite' ? readOrMakeSealFile(`${store.path}.seal`) : randomBytes(32);
}
