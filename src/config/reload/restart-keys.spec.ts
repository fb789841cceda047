import { describe, expect, it } from 'vitest';
import { configFrom, configOf } from '../../../test/support/config.ts';
import { isSameSigning, restartKeys } from './restart-keys.ts';

const SIGNING = 'issuers: [{ name: own, issuer: us, signing: { algorithm: EdDSA } }]';
const env = { SEAL: 'x'.repeat(16), OTHER: 'y'.repeat(16) };

/** Each is loaded from a directory of its own, so the default store's path would differ. */
function config(text: string) {
  const store = text.includes('store:') ? '' : 'store: sqlite:/one.db\n';
  return configOf(`${store}${text}\nroutes: []`, { env });
}

describe('restartKeys()', () => {
  it.each([
    ['shadow: true', []],
    ['clockSkew: 1s', []],
    [`${SIGNING}`, []],
    ['store: sqlite:./other.db', ['store']],
    ['store: "memory:"', ['store']],
  ])('on a change to %j', (text, keys) => {
    expect(restartKeys(config(''), config(text))).toEqual(keys);
  });

  it('leaves out the credentials of a Redis store, but not its time limit', () => {
    const redis = (name: string, timeout = '80ms') =>
      config(`store: { url: redis://h, password: { env: ${name} } }\ntimeouts: { store: ${timeout} }`);
    expect(restartKeys(redis('SEAL'), redis('SEAL'))).toEqual([]);
    expect(restartKeys(redis('SEAL'), redis('OTHER'))).toEqual([]);
    expect(restartKeys(redis('SEAL'), redis('SEAL', '90ms'))).toEqual(['timeouts.store']);
    const withSentinel = (name: string) =>
      config(`store: { url: redis://h, sentinel: { addresses: ["s:1"], password: { env: ${name} } } }`);
    expect(restartKeys(withSentinel('SEAL'), withSentinel('SEAL'))).toEqual([]);
    expect(restartKeys(withSentinel('SEAL'), withSentinel('OTHER'))).toEqual([]);
    const [clear, tls, named] = ['redis://h', 'rediss://h', '{ url: redis://h, username: u, password: { env: SEAL } }'];
    const at = (store: string) => config(`store: ${store}`);
    expect([restartKeys(at(clear), at(tls)), restartKeys(at(clear), at(named))]).toEqual([['store'], []]);
    const sqlite = (timeout: string) => config(`store: sqlite:/one.db\ntimeouts: { store: ${timeout} }`);
    expect(restartKeys(sqlite('80ms'), sqlite('90ms'))).toEqual([]);
  });
});

describe('restartKeys() for listeners', () => {
  it.each([
    ['{ extAuthz: "127.0.0.1:1", admin: "127.0.0.1:3" }', ['listen.admin']],
    ['{ extAuthz: "127.0.0.1:2" }', ['listen.extAuthz']],
  ])('returns those that %s moves', (listen, keys) => {
    const file = (doors: string) => configFrom(`version: 1\nlisten: ${doors}\nstore: sqlite:/one.db\nroutes: []`);
    expect(restartKeys(file('{ extAuthz: "127.0.0.1:1" }'), file(listen))).toEqual(keys);
  });
});

describe('isSameSigning()', () => {
  it.each([
    ['nothing', SIGNING, true],
    ['the lifetime', SIGNING.replace('} }]', '}, ttl: { max: 48h } }]'), true],
    ['the name', SIGNING.replace('own', 'main'), false],
    ['iss', SIGNING.replace('us,', 'them,'), false],
    ['the algorithm of new keys', SIGNING.replace('EdDSA', 'ES256'), true],
    ['publishAhead', SIGNING.replace('EdDSA', 'EdDSA, publishAhead: 1h'), true],
    ['the audience', SIGNING.replace('us,', 'us, audience: a,'), false],
    ['the sealing secret', SIGNING.replace('EdDSA', 'EdDSA, sealWith: { env: SEAL }'), false],
    ['the issuer, to none', '', false],
  ])('after a change of %s', (_what, text, same) => {
    expect(isSameSigning(config(SIGNING), config(text))).toBe(same);
  });

  it('distinguishes two sealing secrets', () => {
    const sealed = (name: string) => config(SIGNING.replace('EdDSA', `EdDSA, sealWith: { env: ${name} }`));
    expect(isSameSigning(sealed('SEAL'), sealed('SEAL'))).toBe(true);
    expect(isSameSigning(sealed('SEAL'), sealed('OTHER'))).toBe(false);
  });
});
