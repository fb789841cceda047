import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { configFrom } from '../../../test/support/config.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { Secret } from '../../config/secret.ts';
import { decodeConfig, encodeConfig } from './config-codec.ts';

/** As a message between processes does it. */
function travelled(config: Config): Config {
  return decodeConfig(deserialize(serialize(encodeConfig(config))));
}

const MUCH = `version: 1
listen: { extAuthz: 127.0.0.1:1, verify: { address: 127.0.0.1:2, mode: nginx } }
workers: 2
scopes: { messages:send: { maxTtl: 24h } }
cors: { origins: ["https://*.example.com"], headers: [x-a], credentials: true }
decisionPoints: { pdp: { url: "https://pdp.example.com/access/v1/evaluation" } }
dpop: { origins: ["https://api.example.com"], nonce: { secret: { env: SECRET } } }
identity: { headers: { subject: x-sub } }
issuers:
  - { name: own, issuer: us, signing: { algorithm: EdDSA, sealWith: { env: SECRET } } }
  - { name: keys, issuer: "https://a.example.com", audience: any, algorithms: [RS256], jwks: "https://a.example.com/jwks" }
  - { name: shared, audience: urn:x, algorithms: [HS256], secrets: [{ env: SECRET }], grant: [messages:send], requireSubject: s }
  - name: opaque
    audience: any
    introspection: { url: "https://as.example.com/introspect", clientId: gw, clientSecret: { env: SECRET } }
routes:
  - { path: "/a/{id}", scope: "messages:send", where: { authzen: pdp }, hosts: ["*.example.com"] }
  - { path: /b, authenticated: true, issuers: [own] }
`;
const ENV = { SECRET: 'a secret of thirty-two bytes, ok' };

describe('decodeConfig()', () => {
  it('restores a configuration with everything in it', () => {
    const config = configFrom(MUCH, { env: ENV });
    const restored = travelled(config);
    expect(restored).toStrictEqual(config);
    expect(Object.isFrozen(restored.routes[0])).toBe(true);
  });

  it('restores the configuration of the example', () => {
    const loaded = loadConfig('sallyport.yaml', {});
    expect(loaded.ok && travelled(loaded.config)).toStrictEqual(loaded.ok && loaded.config);
  });

  it('restores secrets, keys and the identity of objects', () => {
    const config = configFrom(MUCH, { env: ENV });
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const keys = new Map([
      ['public', pair.publicKey],
      ['private', pair.privateKey],
      ['secret', createSecretKey(Buffer.from('secret'))],
    ]);
    const apiKeys = { prefix: 'sp', leakReports: { kind: 'file', keys } } as const;
    const { routes, routePlaces, apiKeys: restored, issuers } = travelled({ ...config, apiKeys });
    expect(routes.map((route) => routePlaces.get(route)?.line)).toEqual([17, 18]);
    const reports = restored.leakReports?.kind === 'file' ? restored.leakReports.keys : new Map<string, KeyObject>();
    for (const [name, key] of keys) expect(reports.get(name)?.equals(key)).toBe(true);
    const [secret] = issuers.flatMap((issuer) => (issuer.kind === 'secrets' ? issuer.secrets : []));
    expect(secret).toBeInstanceOf(Secret);
    expect(Buffer.from(secret?.reveal() ?? []).toString()).toBe(ENV.SECRET);
  });

  it('gives a name such as __proto__ no meaning', () => {
    const resource = JSON.parse('{ "__proto__": "x" }');
    const config = { ...configFrom(MUCH, { env: ENV }), telemetry: { kind: 'off', resource } } as const;
    const { telemetry } = travelled(config);
    expect(Object.entries('resource' in telemetry ? (telemetry.resource as object) : {})).toEqual([['__proto__', 'x']]);
  });
});

describe('encodeConfig()', () => {
  it.each([
    ['a function', () => 1],
    ['an object of an unknown class', new Error('x')],
  ])('refuses %s', (_what, value) => {
    // No configuration has one.
    const config = { ...configFrom(MUCH, { env: ENV }), file: value } as unknown as Config;
    expect(() => encodeConfig(config)).toThrow(/^cannot encode a/);
  });
});
