import { describe, expect, it } from 'vitest';
import { configFrom, configOf } from '../../../test/support/config.ts';
import { Secret } from '../secret.ts';
import { isSameSigning, restartKeys, withRestartKeysOf } from './restart-keys.ts';

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
    ['workers: 2', ['workers']],
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
    ['{ extAuthz: { address: "127.0.0.1:1" } }', []],
  ])('returns those that %s moves', (listen, keys) => {
    const file = (doors: string) => configFrom(`version: 1\nlisten: ${doors}\nstore: sqlite:/one.db\nroutes: []`);
    expect(restartKeys(file('{ extAuthz: "127.0.0.1:1" }'), file(listen))).toEqual(keys);
  });
});

it('restartKeys() leaves out the limits of connections, their number and age, but not their transport', () => {
  const file = (members: string) =>
    configFrom(
      `version: 1\nlisten: { extAuthz: { address: "127.0.0.1:1", transport: fast${members} } }\nstore: sqlite:/one.db\nroutes: []`,
    );
  expect(restartKeys(file(''), file(', limits: { pings: 10 }, maxConnectionAge: 1h, maxConnections: 20'))).toEqual([]);
  const other = configFrom(
    'version: 1\nlisten: { extAuthz: { address: "127.0.0.1:1", transport: grpc-js } }\nstore: sqlite:/one.db\nroutes: []',
  );
  expect(restartKeys(file(''), other)).toEqual(['listen.extAuthz']);
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

describe('withRestartKeysOf()', () => {
  const file = (sections: string) => configFrom(`version: 1\nroutes: []\n${sections}`, { env });
  const listening = (address: string, store = 'sqlite:/one.db') =>
    file(`listen: { extAuthz: "${address}" }\nstore: ${store}\ntimeouts: { store: 70ms }`);

  it('keeps the listener and the store of the start, and takes up the rest', () => {
    const started = listening('127.0.0.1:1');
    const next = { ...listening('127.0.0.1:2', 'sqlite:/two.db'), shadow: true };
    const { listen, store, shadow } = withRestartKeysOf(started, next);
    expect([listen.extAuthz, store, shadow]).toEqual([started.listen.extAuthz, started.store, true]);
  });

  it('takes up new credentials of the same store, but not its time limit', () => {
    const redis = (name: string, timeout: string) =>
      file(
        `listen: { extAuthz: "127.0.0.1:1" }\nstore: { url: redis://h, password: { env: ${name} } }\ntimeouts: { store: ${timeout} }`,
      );
    const next = redis('OTHER', '90ms');
    const { store, timeouts } = withRestartKeysOf(redis('SEAL', '70ms'), next);
    expect([store, timeouts.storeMs]).toEqual([next.store, 70]);
  });

  it('keeps the transport of the start, and takes up limits of the same transport', () => {
    const served = (members: string) => file(`listen: { extAuthz: { address: "127.0.0.1:1", transport: ${members} } }`);
    const started = served('fast');
    expect(withRestartKeysOf(started, served('grpc-js')).listen.extAuthz?.transport).toEqual(
      started.listen.extAuthz?.transport,
    );
    const next = served('fast, limits: { pings: 11 }');
    expect(withRestartKeysOf(started, next).listen.extAuthz?.transport).toMatchObject({ limits: { pings: 11 } });
  });

  it('gives a listener that has moved the new certificate', () => {
    const at = (port: number, cert: string) => {
      const tls = { cert, key: new Secret(Buffer.from('key')), clientCa: undefined };
      const config = listening(`127.0.0.1:${port}`);
      const { extAuthz } = config.listen;
      return { ...config, listen: { ...config.listen, extAuthz: extAuthz && { ...extAuthz, tls } } };
    };
    const { listen } = withRestartKeysOf(at(1, 'old'), at(2, 'new'));
    expect([listen.extAuthz?.address, listen.extAuthz?.tls?.cert]).toEqual([{ host: '127.0.0.1', port: 1 }, 'new']);
  });
});
