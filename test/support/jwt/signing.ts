import { createHash } from 'node:crypto';
import type { OwnIssuer, SigningAlgorithm } from '../../../src/config/issuer-config.ts';
import type { LivingKey } from '../../../src/signing/key-ring.ts';
import { KeyRing, livesUnder } from '../../../src/signing/key-ring.ts';
import { Sealer } from '../../../src/signing/sealer.ts';
import type { SigningKey } from '../../../src/signing/signing-key.ts';
import { makeSigningKey, openSigningKey } from '../../../src/signing/signing-key.ts';
import type { SealedSigningKey } from '../../../src/signing/signing-key-store.ts';
import type { SigningKeys } from '../../../src/signing/token-signer.ts';
import { openMemoryStore } from '../../../src/store/memory/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { withRevocations } from '../store/revocations.ts';
import { own } from './issuers.ts';
import { NOW } from './verifying.ts';

/** Seals the keys of the specs. */
export const SEALER = new Sealer(createHash('sha256').update('a secret').digest());

/** Generates a key, sealed with {@link SEALER}; its times are {@link NOW} by default. */
export function makeKey(
  algorithm: SigningAlgorithm = 'EdDSA',
  changes: Partial<Pick<SealedSigningKey, 'createdAtSeconds' | 'signsFromSeconds' | 'longestTokenSeconds'>> = {},
): Promise<SealedSigningKey> {
  const times = { createdAtSeconds: NOW, signsFromSeconds: NOW, longestTokenSeconds: 604_800 };
  return makeSigningKey({ issuer: 'sallyport', algorithm, ...times, ...changes }, SEALER);
}

/** Generates a key and opens it. */
export async function makeOpenKey(algorithm: SigningAlgorithm = 'EdDSA'): Promise<SigningKey> {
  return openSigningKey(await makeKey(algorithm), SEALER);
}

/** Returns signing keys of which this one always signs. */
export function always(key: SigningKey): SigningKeys {
  return { current: async () => key };
}

/** Key rings of several instances and the command line on one store, with a common clock. */
export class KeyRingFixture {
  readonly store: Store;
  nowSeconds = NOW;

  constructor(store: Store = openMemoryStore()) {
    this.store = store;
  }

  ring(issuer: OwnIssuer = own(), sealer: Sealer = SEALER): KeyRing {
    const { signingKeys, revocations } = withRevocations(this.store);
    const clock = { wallMs: () => this.nowSeconds * 1000 };
    return new KeyRing({ issuer, store: signingKeys, revocations, sealer, clock, clockSkewMs: 30_000 });
  }

  /** Resolves to each key and its state, in order. */
  async lives(): Promise<readonly LivingKey[]> {
    const clock = { wallMs: () => this.nowSeconds * 1000 };
    const { keys } = await this.store.signingKeys.read('sallyport');
    return livesUnder({ issuer: own(), clock, clockSkewMs: 30_000 }, keys);
  }

  async states(): Promise<readonly string[]> {
    return (await this.lives()).map(({ state }) => state);
  }

  async kids(): Promise<readonly string[]> {
    return (await this.lives()).map(({ key }) => key.kid);
  }

  async revoke(kid: string, value = ''): Promise<void> {
    const key = `sallyport:revoked-key:sallyport:${kid}`;
    await this.store.revocations.write({ key, value, expiresAtSeconds: undefined });
  }
}
