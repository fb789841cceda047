import type { Config } from '../../config/config.ts';
import { identityHeaders } from '../../config/sections/identity/identity.ts';
import { OVERRIDE_HEADERS } from '../../core/upstream/override-headers.ts';
import type { StrippedNames } from './mutations.ts';

/** The headers of a configuration that clients must not send, by why not. In lower case. */
export interface ForbiddenNames {
  readonly identity: readonly string[];
  /** These ask an upstream for another method, path or host. */
  readonly overrides: readonly string[];
  /** In these some route reads a credential, so that only their other spellings are forbidden. */
  readonly credentials: readonly string[];
}

export function forbiddenNames({ identity, routes }: Config): ForbiddenNames {
  const places = routes.flatMap(({ credentialPlaces }) => credentialPlaces ?? []);
  return {
    identity: identityHeaders(identity),
    overrides: OVERRIDE_HEADERS,
    credentials: [...new Set(places.flatMap(({ headers }) => headers.map(({ name }) => name)))],
  };
}

/** What Envoy must remove so that no client sends them. */
export function strippedNames({ identity, overrides, credentials }: ForbiddenNames): StrippedNames {
  const all = new Set([...identity, ...overrides]);
  return { all: [...all], others: credentials.filter((name) => !all.has(name)) };
}
