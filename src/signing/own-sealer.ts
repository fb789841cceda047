import { randomBytes } from 'node:crypto';
import type { OwnIssuer, StoreConfig } from '../config/config.ts';
import { readOrMakeSealFile, readSealFile } from './seal-file.ts';
import { Sealer } from './sealer.ts';
import type { SigningKeyStore } from './signing-key-store.ts';

/** What opens our own signing keys: the configured secret, or the one beside the embedded store. */
export async function openOwnSealer(
  issuer: OwnIssuer,
  config: StoreConfig,
  store: Pick<SigningKeyStore, 'read'>,
): Promise<Sealer> {
  return new Sealer(issuer.signing.sealWith?.reveal() ?? (await secretBeside(issuer, config, store)));
}

/** The file beside an embedded store with the secret that opens the keys if none is configured; others have none. */
export function sealFileOf(config: Extract<StoreConfig, { readonly kind: 'sqlite' }>): string;
export function sealFileOf(config: StoreConfig): string | undefined;
export function sealFileOf(config: StoreConfig): string | undefined {
  return config.kind === 'sqlite' ? `${config.path}.seal` : undefined;
}

async function secretBeside(
  { name }: OwnIssuer,
  config: StoreConfig,
  store: Pick<SigningKeyStore, 'read'>,
): Promise<Uint8Array> {
  // The configuration is refused before; a secret of one's own would lock every other instance out.
  if (config.kind === 'redis') throw new Error('a Redis store needs signing.sealWith');
  if (config.kind === 'memory') return randomBytes(32);
  const path = sealFileOf(config);
  // Asked first: whoever makes keys has made the secret before.
  const isNeeded = (await store.read(name)).keys.length > 0;
  const secret = await readSealFile(path);
  if (secret !== undefined) return secret;
  // A new one would open nothing, and stand where the right one is to be restored.
  if (isNeeded) throw new Error(`${path} is missing; restore it, the signing keys need it`);
  return readOrMakeSealFile(path);
}
