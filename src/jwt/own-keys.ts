import { randomBytes } from 'node:crypto';
import type { OwnIssuer, StoreConfig } from '../config/config.ts';
import type { Clock } from '../core/ports.ts';
import type { SigningKeyStore } from '../store/store.ts';
import { readOrMakeSealFile, readSealFile } from './seal-secret.ts';
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
  const secret = issuer.signing.sealWith?.reveal() ?? (await secretBeside(storeConfig, () => hasKeys(issuer, store)));
  return openSigningKeys(issuer, store, new Sealer(secret), Math.floor(clock.wallMs() / 1000));
}

async function secretBeside(config: StoreConfig, isSealed: () => Promise<boolean>): Promise<Uint8Array> {
  // The configuration is refused before; a secret of one's own would lock every other instance out.
  if (config.kind === 'redis') throw new Error('a Redis store needs signing.sealWith');
  if (config.kind === 'memory') return randomBytes(32);
  const path = `${config.path}.seal`;
  // Asked first: whoever makes keys has made the secret before.
  const isNeeded = await isSealed();
  const secret = await readSealFile(path);
  if (secret !== undefined) return secret;
  // A new one would open nothing, and stand where the right one is to be restored.
  if (isNeeded) throw new Error(`${path} is missing; restore it, the signing keys need it`);
  return readOrMakeSealFile(path);
}

async function hasKeys({ name }: OwnIssuer, store: SigningKeyStore): Promise<boolean> {
  return (await store.list(name)).length > 0;
}
