import { randomBytes } from 'node:crypto';
import type { StoreConfig } from '../config/config.ts';
import type { OwnIssuer } from '../config/issuer-config.ts';
import { readOrMakeSealFile, readSealFile } from './seal-file.ts';
import { Sealer } from './sealer.ts';
import type { SigningKeyStore } from './signing-key-store.ts';

/**
 * Opens the sealer of our own signing keys, with the configured secret or else the one in the file beside an embedded
 * store. Rejects if that file is missing although the store has keys.
 */
export async function openOwnSealer(
  issuer: OwnIssuer,
  config: StoreConfig,
  store: Pick<SigningKeyStore, 'read'>,
): Promise<Sealer> {
  return new Sealer(issuer.signing.sealWith?.reveal() ?? (await secretBeside(issuer, config, store)));
}

/** Returns the path of the secret's file beside an embedded store; `undefined` for other stores. */
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
  // The configuration requires it: with a secret of its own, this instance would lock out all others.
  if (config.kind === 'redis') throw new Error('a Redis store needs signing.sealWith');
  if (config.kind === 'memory') return randomBytes(32);
  const path = sealFileOf(config);
  // Read before the file: a process that makes keys has made the secret first.
  const isNeeded = (await store.read(name)).keys.length > 0;
  const secret = await readSealFile(path);
  if (secret !== undefined) return secret;
  // A new secret would open nothing, and would be in the place to which the right one must be restored.
  if (isNeeded) throw new Error(`${path} is missing; restore it from a backup, because the signing keys need it`);
  return readOrMakeSealFile(path);
}
