import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ed25519, jwkOf, otherRsa, p256, p384, rsa, secretOf, smallRsa } from '../../test/jwt/keys.ts';
import { RemoteKeySet } from './key-set.ts';

const ISSUER = new URL('https://issuer.example/jwks');
const COOL_DOWN_MS = 30_000;

/** An issuer whose answers a test gives by hand, and the key set that asks it. */
class Issuer {
  now = 1_000_000;
  fetches = 0;
  answer: () => Promise<string> = async () => set(jwkOf(rsa, { kid: 'a' }));
  readonly keys = new RemoteKeySet(ISSUER, { monotonicMs: () => this.now }, (url) => {
    expect(url).toBe(ISSUER);
    this.fetches += 1;
    return this.answer();
  });

  async kids(algorithm: string, kid: string | undefined): Promise<readonly (string | undefined)[]> {
    return (await this.keys.find(algorithm, kid)).map((key) => key.kid);
  }

  fail(): void {
    this.answer = () => Promise.reject(new Error('no route to host'));
  }
}

function set(...keys: readonly object[]): string {
  return JSON.stringify({ keys });
}

describe('RemoteKeySet.find()', () => {
  it('fetches on first use, once for all who wait', async () => {
    const issuer = new Issuer();
    const { promise, resolve } = Promise.withResolvers<string>();
    issuer.answer = () => promise;
    expect(issuer.fetches).toBe(0);
    const waiting = [issuer.kids('RS256', 'a'), issuer.kids('RS256', undefined), issuer.kids('RS256', 'b')];
    await new Promise(setImmediate);
    issuer.now += 2 * COOL_DOWN_MS;
    waiting.push(issuer.kids('RS256', 'a'));
    resolve(set(jwkOf(rsa, { kid: 'a' })));
    expect(await Promise.all(waiting)).toEqual([['a'], ['a'], [], ['a']]);
    expect(issuer.fetches).toBe(1);
  });

  it('answers from what it has, without a fetch', async () => {
    const issuer = new Issuer();
    await issuer.kids('RS256', 'a');
    issuer.now += 100 * COOL_DOWN_MS;
    expect(await issuer.kids('RS256', 'a')).toEqual(['a']);
    expect(issuer.fetches).toBe(1);
  });

  it('fetches again for an unknown kid once the cool-down is over, and not before', async () => {
    const issuer = new Issuer();
    await issuer.kids('RS256', 'a');
    issuer.answer = async () => set(jwkOf(rsa, { kid: 'a' }), jwkOf(otherRsa, { kid: 'b' }));
    issuer.now += COOL_DOWN_MS - 1;
    expect(await issuer.kids('RS256', 'b')).toEqual([]);
    expect(issuer.fetches).toBe(1);
    issuer.now += 1;
    expect(await issuer.kids('RS256', 'b')).toEqual(['b']);
    expect(issuer.fetches).toBe(2);
  });

  it('makes one fetch a cool-down of a flood of unknown kids', async () => {
    const issuer = new Issuer();
    await issuer.kids('RS256', 'a');
    for (let round = 1; round <= 3; round++) {
      issuer.now += COOL_DOWN_MS;
      const flood = Array.from({ length: 64 }, (_, index) => issuer.kids('RS256', `${round}-${index}`));
      expect((await Promise.all(flood)).flat()).toEqual([]);
      expect(issuer.fetches).toBe(1 + round);
    }
  });

  it('counts failed fetches for the cool-down, and rejects meanwhile', async () => {
    const issuer = new Issuer();
    issuer.fail();
    const flood = Array.from({ length: 64 }, (_, index) => issuer.kids('RS256', `${index}`));
    const outcomes = await Promise.allSettled(flood);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    issuer.now += COOL_DOWN_MS - 1;
    await expect(issuer.kids('RS256', 'a')).rejects.toThrow('no key set from issuer.example');
    expect(issuer.fetches).toBe(1);
    issuer.answer = async () => set(jwkOf(rsa, { kid: 'a' }));
    issuer.now += 1;
    expect(await issuer.kids('RS256', 'a')).toEqual(['a']);
    expect(issuer.fetches).toBe(2);
  });

  it('says what kept it from the keys', async () => {
    const issuer = new Issuer();
    issuer.fail();
    await expect(issuer.kids('RS256', 'a')).rejects.toMatchObject({ cause: { message: 'no route to host' } });
  });

  it('leaves nothing unhandled where a fetch throws, or fails once nobody waits any more', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): unknown => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const issuer = new Issuer();
      issuer.answer = () => {
        throw new Error('at once');
      };
      await expect(issuer.kids('RS256', 'a')).rejects.toThrow('no key set');
      const { promise, reject } = Promise.withResolvers<string>();
      issuer.answer = () => promise;
      issuer.now += COOL_DOWN_MS;
      // As the authorizer waits: whoever comes first, and then no longer.
      await Promise.race([issuer.kids('RS256', 'a'), Promise.resolve()]);
      reject(new Error('too late'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it.each<[what: string, text: string]>([
    ['no JSON', '<html>down for maintenance</html>'],
    ['nothing', ''],
    ['null', 'null'],
    ['an array', '[]'],
    ['no keys', '{}'],
    ['keys that are no list', '{"keys":{"kty":"RSA"}}'],
  ])('keeps the last good set when the issuer answers %s', async (_, text) => {
    const issuer = new Issuer();
    const [key] = await issuer.keys.find('RS256', 'a');
    issuer.answer = async () => text;
    issuer.now += COOL_DOWN_MS;
    await expect(issuer.kids('RS256', 'b')).rejects.toThrow('no key set');
    expect(issuer.fetches).toBe(2);
    expect(await issuer.keys.find('RS256', 'a')).toEqual([key]);
    expect(key?.inForce.inForce).toBe(true);
  });

  it('keeps the last good set while the issuer is down, however long', async () => {
    const issuer = new Issuer();
    await issuer.kids('RS256', 'a');
    issuer.fail();
    for (let round = 0; round < 5; round++) {
      issuer.now += COOL_DOWN_MS;
      await expect(issuer.kids('RS256', 'b')).rejects.toThrow('no key set');
      expect(await issuer.kids('RS256', 'a')).toEqual(['a']);
    }
  });

  it('keeps a key that both sets hold, and ends one that the new set lacks', async () => {
    const issuer = new Issuer();
    issuer.answer = async () => set(jwkOf(rsa, { kid: 'a' }), jwkOf(otherRsa, { kid: 'b' }));
    const [kept] = await issuer.keys.find('RS256', 'a');
    const [dropped] = await issuer.keys.find('RS256', 'b');
    issuer.answer = async () => set(jwkOf(p256, { kid: 'c' }), jwkOf(rsa, { kid: 'a' }));
    issuer.now += COOL_DOWN_MS;
    expect(await issuer.kids('ES256', 'c')).toEqual(['c']);
    expect((await issuer.keys.find('RS256', 'a'))[0]).toBe(kept);
    expect([kept?.inForce.inForce, dropped?.inForce.inForce]).toEqual([true, false]);
  });

  it('ends every copy of a key that a set held twice', async () => {
    const issuer = new Issuer();
    issuer.answer = async () => set(jwkOf(rsa, { kid: 'a' }), jwkOf(rsa, { kid: 'a' }));
    const copies = await issuer.keys.find('RS256', 'a');
    for (const keys of [[jwkOf(rsa, { kid: 'a' })], [jwkOf(p256, { kid: 'c' })]]) {
      issuer.answer = async () => set(...keys);
      issuer.now += COOL_DOWN_MS;
      await issuer.kids('RS256', 'next');
    }
    expect(copies.map(({ inForce }) => inForce.inForce)).toEqual(copies.map(() => false));
  });

  it('ends a key whose kid now names another one', async () => {
    const issuer = new Issuer();
    const [former] = await issuer.keys.find('RS256', 'a');
    issuer.answer = async () => set(jwkOf(otherRsa, { kid: 'a' }));
    issuer.now += COOL_DOWN_MS;
    await issuer.kids('RS256', 'unknown');
    const [current] = await issuer.keys.find('RS256', 'a');
    expect(current?.key.equals(otherRsa.publicKey)).toBe(true);
    expect([former?.inForce.inForce, current?.inForce.inForce]).toEqual([false, true]);
  });

  it.each<[what: string, jwk: object, algorithm: string]>([
    ['a shared secret', { kty: 'oct', kid: 'a', k: secretOf('s').export().toString('base64url') }, 'HS256'],
    ['a key for encryption', jwkOf(rsa, { kid: 'a', use: 'enc' }), 'RS256'],
    ['a key for other operations', { ...jwkOf(rsa, { kid: 'a' }), key_ops: ['encrypt'] }, 'RS256'],
    ['a key for another algorithm', jwkOf(rsa, { kid: 'a', alg: 'RS512' }), 'RS256'],
    ['RSA 1024', jwkOf(smallRsa, { kid: 'a' }), 'RS256'],
    ['RSA with the exponent 1', { ...jwkOf(rsa, { kid: 'a' }), e: 'AQ' }, 'RS256'],
    ['P-384 for ES256', jwkOf(p384, { kid: 'a' }), 'ES256'],
    ['P-256 for ES384', jwkOf(p256, { kid: 'a' }), 'ES384'],
    ['a point that is not on its curve', { ...jwkOf(p256, { kid: 'a' }), y: jwkOf(p256).x }, 'ES256'],
    ['another kid', jwkOf(rsa, { kid: 'A' }), 'RS256'],
    ['no kid', jwkOf(rsa), 'RS256'],
    ['a kid that is no string', { ...jwkOf(rsa), kid: ['a'] }, 'RS256'],
    ['no key at all', { kid: 'a' }, 'RS256'],
  ])('never returns %s', async (_, jwk, algorithm) => {
    const issuer = new Issuer();
    issuer.answer = async () => set(jwk);
    expect(await issuer.kids(algorithm, 'a')).toEqual([]);
  });

  it('returns the good keys of a set that holds garbage too', async () => {
    const issuer = new Issuer();
    issuer.answer = async () => JSON.stringify({ keys: [null, 1, 'x', [], { kty: 'RSA' }, jwkOf(rsa, { kid: 'a' })] });
    expect(await issuer.kids('RS256', 'a')).toEqual(['a']);
  });

  it('returns every key that could be meant where the token names none', async () => {
    const issuer = new Issuer();
    const all = [jwkOf(rsa, { kid: 'a' }), jwkOf(otherRsa), jwkOf(smallRsa, { kid: 'c' }), jwkOf(p256, { kid: 'd' })];
    issuer.answer = async () => set(...all);
    expect(await issuer.kids('RS256', undefined)).toEqual(['a', undefined]);
  });

  it('takes EdDSA and Ed25519 for two names of one algorithm', async () => {
    const issuer = new Issuer();
    issuer.answer = async () =>
      set(jwkOf(ed25519, { kid: 'a', alg: 'Ed25519' }), jwkOf(ed25519, { kid: 'b', alg: 'EdDSA' }));
    expect(await issuer.kids('EdDSA', undefined)).toEqual(['a', 'b']);
    expect(await issuer.kids('Ed25519', undefined)).toEqual(['a', 'b']);
  });

  it('keeps only the public half of a key that an issuer published whole', async () => {
    const issuer = new Issuer();
    issuer.answer = async () => set({ ...rsa.privateKey.export({ format: 'jwk' }), kid: 'a' });
    expect((await issuer.keys.find('RS256', 'a')).map(({ key }) => key.type)).toEqual(['public']);
  });
});

describe('RemoteKeySet over HTTP', () => {
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function serve(listener: RequestListener): Promise<RemoteKeySet> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    // A server that listens on TCP has such an address.
    const { port } = server.address() as AddressInfo;
    return new RemoteKeySet(new URL(`http://127.0.0.1:${port}/jwks.json`), { monotonicMs: () => performance.now() });
  }

  it('fetches a key set', async () => {
    const paths: (string | undefined)[] = [];
    const keys = await serve((request, response) => {
      paths.push(request.url);
      response.setHeader('content-type', 'application/json').end(set(jwkOf(rsa, { kid: 'a' })));
    });
    expect((await keys.find('RS256', 'a')).map(({ kid }) => kid)).toEqual(['a']);
    expect(paths).toEqual(['/jwks.json']);
  });

  it('does not follow a redirect', async () => {
    const paths: (string | undefined)[] = [];
    const keys = await serve((request, response) => {
      paths.push(request.url);
      if (request.url === '/elsewhere') response.end(set(jwkOf(rsa, { kid: 'a' })));
      else response.writeHead(302, { location: '/elsewhere' }).end();
    });
    await expect(keys.find('RS256', 'a')).rejects.toThrow('no key set');
    expect(paths).toEqual(['/jwks.json']);
  });

  it.each([404, 500, 204])('does not take an answer of status %s for a key set', async (status) => {
    const keys = await serve((_, response) => response.writeHead(status).end(set(jwkOf(rsa, { kid: 'a' }))));
    await expect(keys.find('RS256', 'a')).rejects.toThrow('no key set');
  });

  it('reads up to 512 KiB and no further', async () => {
    let sent = 0;
    const padded = (bytes: number): string => set(jwkOf(rsa, { kid: 'a' })).padEnd(bytes);
    const keys = await serve((_, response) => response.end(padded(512 * 1024)));
    expect(await keys.find('RS256', 'a')).toHaveLength(1);
    const endless = await serve((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const write = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      response.on('drain', write);
      write();
    });
    await expect(endless.find('RS256', 'a')).rejects.toMatchObject({ cause: { message: 'it sent over 524288 bytes' } });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('waits 5 s and no longer for an answer that does not end', async () => {
    const keys = await serve((_, response) => response.writeHead(200).write('{"keys":['));
    const began = performance.now();
    await expect(keys.find('RS256', 'a')).rejects.toMatchObject({ cause: { name: 'TimeoutError' } });
    const tookMs = performance.now() - began;
    expect(tookMs).toBeGreaterThan(4_900);
    expect(tookMs).toBeLessThan(8_000);
  });

  it('rejects where nobody listens', async () => {
    const keys = await serve(() => undefined);
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
    await expect(keys.find('RS256', 'a')).rejects.toThrow('no key set');
  });
});
