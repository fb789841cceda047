import type { JsonWebKey, KeyObject } from 'node:crypto';
import type {
  DiscoveryIssuer,
  JwksIssuer,
  KeysIssuer,
  OwnIssuer,
  SecretsIssuer,
  SigningAlgorithm,
} from '../../../src/config/issuer-config.ts';
import { SIGNING_ALGORITHMS } from '../../../src/config/issuer-config.ts';
import { Secret } from '../../../src/config/secret.ts';
import type { RemoteKeySet } from '../../../src/verification/key-sets/key-set.ts';
import { Publisher } from './publisher.ts';

const foreign = {
  claimedByOthers: new Set<string>(),
  audience: ['sms-api'],
  require: [],
  bound: undefined,
  requireSubject: undefined,
  requireExpiry: true,
  scopeClaim: undefined,
  allowScopes: new Set(['messages:send', 'messages:list']),
  grant: undefined,
};

/** Returns an issuer with a key set, as in the contract's example. */
export function corporate(changes: Partial<JwksIssuer> = {}): JwksIssuer {
  return {
    ...foreign,
    kind: 'jwks',
    name: 'corporate',
    issuer: ['https://login.example.com'],
    tenants: undefined,
    algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
    jwks: new URL('https://login.example.com/jwks.json'),
    access: undefined,
    maxStaleMs: 86_400_000,
    ...changes,
  };
}

/** Returns an issuer that signs with a shared secret and sets `iss`. */
export function partner(secrets: readonly KeyObject[], changes: Partial<SecretsIssuer> = {}): SecretsIssuer {
  return {
    ...foreign,
    kind: 'secrets',
    name: 'partner',
    issuer: ['https://partner.example'],
    algorithms: ['HS256', 'HS384', 'HS512'],
    secrets: secrets.map((secret) => new Secret(secret.export())),
    ...changes,
  };
}

/** Returns the issuer of Auth0's SMS gateway call: no `iss`, `exp` or `jti`; subject and audience identify it. */
export function auth0(secrets: readonly KeyObject[]): SecretsIssuer {
  return partner(secrets, {
    name: 'auth0-sms',
    issuer: [],
    audience: ['urn:sms-gateway'],
    requireSubject: 'urn:Auth0',
    requireExpiry: false,
    algorithms: ['HS256'],
    grant: ['messages:send'],
  });
}

/** Returns our own issuer. */
export function own(algorithm: SigningAlgorithm = 'EdDSA', changes: Partial<OwnIssuer> = {}): OwnIssuer {
  return {
    kind: 'signing',
    name: 'sallyport',
    issuer: ['https://sallyport.local'],
    audience: undefined,
    algorithms: SIGNING_ALGORITHMS,
    signing: { algorithm, sealWith: undefined, publishAheadSeconds: 600 },
    ttl: { defaultSeconds: 86_400, maxSeconds: 604_800, privateMaxSeconds: 31_536_000 },
    ...changes,
  };
}

/** Returns an issuer whose key set is found by discovery. */
export function discovered(changes: Partial<DiscoveryIssuer> = {}): DiscoveryIssuer {
  const { jwks: _, ...rest } = corporate();
  const [metadataIssuer] = changes.issuer ?? rest.issuer;
  return { ...rest, kind: 'discovery', metadataIssuer, metadata: undefined, ...changes };
}

/** Returns an issuer whose key set the configuration contains. */
export function given(keySet: string, changes: Partial<KeysIssuer> = {}): KeysIssuer {
  const { jwks: _, access: __, maxStaleMs: ___, ...rest } = corporate();
  return { ...rest, kind: 'keys', name: 'given', issuer: ['https://given.example'], keySet, ...changes };
}

/** Returns a key set that is available at once. */
export function publishing(...keys: readonly JsonWebKey[]): RemoteKeySet {
  return new Publisher(...keys).keySet();
}
