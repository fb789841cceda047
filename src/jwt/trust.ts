import { createSecretKey } from 'node:crypto';
import type { IssuerConfig, JwtIssuer } from '../config/config.ts';
import { Issuers } from './issuers.ts';
import type { KeySets } from './key-sets.ts';
import type { KeySource } from './keys.ts';
import { FixedKeys } from './keys.ts';
import type { SigningKey } from './signing-keys.ts';

/** Every configured issuer of JWTs with the source of its keys; our own with the keys that the store holds. */
export function trustIssuers(
  issuers: readonly IssuerConfig[],
  ownKeys: readonly SigningKey[],
  keySets: Pick<KeySets, 'at'>,
): Issuers {
  const ofJwts = issuers.filter((config) => config.kind !== 'introspection');
  return new Issuers(ofJwts.map((config) => ({ config, keys: keysOf(config, ownKeys, keySets) })));
}

function keysOf(config: JwtIssuer, ownKeys: readonly SigningKey[], keySets: Pick<KeySets, 'at'>): KeySource {
  switch (config.kind) {
    case 'signing':
      return new FixedKeys(ownKeys.map(({ verification }) => verification));
    case 'jwks':
    case 'discovery':
      return keySets.at(config);
    case 'secrets':
      return new FixedKeys(
        config.secrets.map((secret) => ({
          kid: undefined,
          key: createSecretKey(secret.reveal()),
          inForce: { inForce: true },
        })),
      );
  }
}
