import { createSecretKey } from 'node:crypto';
import type { IssuerConfig } from '../config/config.ts';
import type { Clock } from '../core/ports.ts';
import { Issuers } from './issuers.ts';
import { RemoteKeySet } from './key-set.ts';
import type { KeySource } from './keys.ts';
import { FixedKeys } from './keys.ts';
import type { SigningKey } from './signing-keys.ts';

/** Every configured issuer with the source of its keys; our own with the keys that the store holds. */
export function trustIssuers(
  issuers: readonly IssuerConfig[],
  ownKeys: readonly SigningKey[],
  clock: Pick<Clock, 'monotonicMs'>,
): Issuers {
  return new Issuers(issuers.map((config) => ({ config, keys: keysOf(config, ownKeys, clock) })));
}

function keysOf(config: IssuerConfig, ownKeys: readonly SigningKey[], clock: Pick<Clock, 'monotonicMs'>): KeySource {
  switch (config.kind) {
    case 'signing':
      return new FixedKeys(ownKeys.map(({ verification }) => verification));
    case 'jwks':
      return new RemoteKeySet(config.jwks, clock);
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
