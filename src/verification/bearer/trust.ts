import { createSecretKey } from 'node:crypto';
import type { IssuerConfig, JwtIssuer } from '../../config/issuer-config.ts';
import { givenKeys } from '../key-sets/given-keys.ts';
import type { KeySets } from '../key-sets/key-sets.ts';
import type { KeySource } from '../keys.ts';
import { FixedKeys } from '../keys.ts';
import { Issuers } from './issuers.ts';

/** Returns every configured JWT issuer with its keys. Our own issuer uses `ownKeys`. */
export function trustIssuers(
  issuers: readonly IssuerConfig[],
  ownKeys: KeySource,
  keySets: Pick<KeySets, 'at'>,
): Issuers {
  const jwtIssuers = issuers.filter((config) => config.kind !== 'introspection');
  return new Issuers(jwtIssuers.map((config) => ({ config, keys: keysOf(config, ownKeys, keySets) })));
}

function keysOf(config: JwtIssuer, ownKeys: KeySource, keySets: Pick<KeySets, 'at'>): KeySource {
  switch (config.kind) {
    case 'signing':
      return ownKeys;
    case 'jwks':
    case 'discovery':
      return keySets.at(config);
    case 'keys':
      return givenKeys(config.keySet);
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
