import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { certify, hasOpenssl } from '../../test/support/certificates.ts';
import { configFrom } from '../../test/support/config.ts';
import { factsOf } from './config-facts.ts';

const ROUTES = 'routes: [{ path: /x, scope: "x:a" }]';
const BASE = `scopes: { "x:a": {} }\n${ROUTES}`;
/** Our own issuer, whose keys are sealed with a secret. */
const OWN =
  'issuers: [{ name: own, issuer: https://a.example, signing: { algorithm: EdDSA, sealWith: { env: SEAL } } }]';
const SEAL = 'a secret of thirty-two bytes, ok';

function factsWith(text: string, env: NodeJS.ProcessEnv = {}, files: Record<string, string> = {}) {
  const all = /^listen/m.test(text) ? text : `listen: { extAuthz: 127.0.0.1:9191 }\n${text}`;
  return factsOf(configFrom(`version: 1\n${all}`, { env, files }));
}

describe('factsOf().hash', () => {
  const { hash } = factsWith(BASE);

  it('is an exact number', () => {
    expect(Number.isSafeInteger(hash)).toBe(true);
  });

  it.each([
    ['the place of the file and its layout', `# a comment\n${BASE}`],
    ['the listeners', `listen: { extAuthz: 127.0.0.1:9291, admin: 127.0.0.1:9295 }\n${BASE}`],
    ['telemetry', `telemetry: { endpoint: "http://127.0.0.1:4318", resource: { pod: a } }\n${BASE}`],
    ['the log', `log: { level: error }\n${BASE}`],
  ])('does not depend on %s', (_what, text) => {
    expect(factsWith(text).hash).toBe(hash);
  });

  it('does not depend on the folder of the files that the configuration names', () => {
    // Each configuration lies in a folder of its own.
    const files = {
      'routes.d/more.yaml': 'routes: [{ path: /y, scope: "x:a" }]',
      token: 'a-token',
      other: 'a-token',
      'ca.pem': rootCertificates[0] ?? '',
    };
    const jwks = '{ url: https://a.example/keys, tokenFile: ./token, ca: ./ca.pem }';
    const issuer = `{ name: a, issuer: https://a.example, algorithms: [ES256], audience: a, jwks: ${jwks} }`;
    const text = `include: [routes.d/*.yaml]\nissuers: [${issuer}]\n${BASE}`;
    const facts = factsWith(text, {}, files);
    expect(facts.hash).toBe(factsWith(text, {}, files).hash);
    expect(facts.hash).not.toBe(factsWith(text.replace('./token', './other'), {}, files).hash);
  });

  it.each([
    ['a route', BASE.replace('/x', '/y')],
    ['a scope of the catalogue', BASE.replace('{ "x:a": {} }', '{ "x:a": {}, "x:b": {} }')],
    ['a setting', `clockSkew: 31s\n${BASE}`],
  ])('depends on %s', (_what, text) => {
    expect(factsWith(text).hash).not.toBe(hash);
  });

  it('says nothing about a secret', () => {
    const hashes = [SEAL, SEAL.toUpperCase()].map((seal) => factsWith(`${OWN}\n${BASE}`, { SEAL: seal }).hash);
    expect(new Set(hashes).size).toBe(1);
  });
});

describe('factsOf().basicSunsetSeconds', () => {
  it.each([
    ['with an end', 'basic: { routes: true, sunset: 2027-06-30 }', 1_814_313_600],
    ['without an end', 'basic: { routes: true }', undefined],
    ['without Basic', 'basic: { routes: false, sunset: 2027-06-30 }', undefined],
  ])('is the end of Basic on routes: %s', (_what, section, expected) => {
    expect(factsWith(`${section}\n${OWN}\n${BASE}`, { SEAL }).basicSunsetSeconds).toBe(expected);
  });
});

describe('factsOf().certificateEndSeconds', () => {
  it.skipIf(!hasOpenssl)('is the end of the certificate of each door with TLS', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-facts-'));
    try {
      const { cert, key } = certify(folder, 'door');
      const tls = 'tls: { cert: ./c.pem, key: ./c.key }';
      const listen = `listen: { extAuthz: 127.0.0.1:9191, admin: { address: 127.0.0.1:9195, ${tls} } }`;
      const { certificateEndSeconds } = factsWith(`${listen}\n${BASE}`, {}, { 'c.pem': cert, 'c.key': key });
      const days = [...certificateEndSeconds].map(([door, end]) => [
        door,
        Math.round((end - Date.now() / 1e3) / 86_400),
      ]);
      expect(days).toEqual([['admin', 1]]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
