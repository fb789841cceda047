import type { Config } from '../../config/config.ts';
import type { IssuerConfig } from '../../config/issuer-config.ts';
import type { TestKeys } from './test-keys.ts';

/** A part may take this long: the first decision imports what it needs. */
const TIMEOUT_MS = 10_000;

/** Longer than any run of tests. */
const MAX_STALE_MS = 86_400_000;

/**
 * The configuration with nothing of the outside world: the store is in memory, keys and secrets are those of the test, and
 * nothing is sent anywhere. Everything that decides is as the operator wrote it.
 */
export function testConfig(config: Config, keys: TestKeys): Config {
  return {
    ...config,
    store: { kind: 'memory' },
    telemetry: { kind: 'off' },
    log: { level: 'silent', passes: 0, audit: undefined },
    timeouts: { decisionMs: TIMEOUT_MS, storeMs: TIMEOUT_MS },
    issuers: config.issuers.map((issuer) => testIssuer(issuer, keys)),
  };
}

function testIssuer(issuer: IssuerConfig, keys: TestKeys): IssuerConfig {
  switch (issuer.kind) {
    case 'signing':
      return { ...issuer, signing: { ...issuer.signing, sealWith: undefined } };
    case 'secrets':
      return { ...issuer, secrets: [keys.secretOf(issuer.name)] };
    case 'jwks':
      return { ...issuer, access: undefined, jwks: placeOf(issuer) };
    case 'keys': {
      const { keySet: _, ...rest } = issuer;
      return { ...rest, kind: 'jwks', access: undefined, jwks: placeOf(issuer), maxStaleMs: MAX_STALE_MS };
    }
    case 'discovery': {
      const { metadata: _, ...rest } = issuer;
      return { ...rest, kind: 'jwks', access: undefined, jwks: placeOf(issuer) };
    }
    case 'introspection': {
      const { introspection } = issuer;
      const clientSecret = keys.secretOf(issuer.name);
      return { ...issuer, introspection: { ...introspection, url: placeOf(issuer), clientSecret } };
    }
  }
}

/** The address of an issuer's server. No such host exists (RFC 6761, section 6.4), and none is asked. */
export function placeOf({ name }: Pick<IssuerConfig, 'name'>): URL {
  return new URL(`https://${name}.invalid/`);
}
