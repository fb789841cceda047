import { describe, expect, it } from 'vitest';
import { makeOpenKey } from '../../test/support/jwt/signing.ts';
import { SIGNING_ALGORITHMS } from '../config/issuer-config.ts';
import { readKeySet } from '../verification/key-sets/published-keys.ts';
import { PublishedKeySet } from './published-key-set.ts';

async function read(...algorithms: (typeof SIGNING_ALGORITHMS)[number][]) {
  const keys = await Promise.all(algorithms.map((algorithm) => makeOpenKey(algorithm)));
  return { keys, set: new PublishedKeySet({ published: async () => keys }, 300) };
}

describe('PublishedKeySet.read()', () => {
  it('returns every public key, with public members only', async () => {
    const { keys, set } = await read(...SIGNING_ALGORITHMS);
    const published = await set.read();
    const members = published.keys.map((key) => Object.keys(key).toSorted().join());
    expect(members).toEqual([
      'alg,crv,kid,kty,use,x,y',
      'alg,e,kid,kty,n,use',
      'alg,e,kid,kty,n,use',
      'alg,crv,kid,kty,use,x',
    ]);
    const { keys: readByOthers } = readKeySet(JSON.stringify({ keys: published.keys }));
    const isPublic = keys.filter(({ algorithm }) => algorithm !== 'HS256');
    expect(readByOthers.map(({ kid, algorithm }) => [kid, algorithm])).toEqual(
      isPublic.map(({ kid, algorithm }) => [kid, algorithm]),
    );
    for (const [index, { key }] of readByOthers.entries()) {
      expect(isPublic[index] !== undefined && key.equals(isPublic[index].verification.key)).toBe(true);
    }
  });

  it('never returns a shared secret', async () => {
    const { keys, set } = await read('HS256');
    const text = JSON.stringify(await set.read());
    expect(text).toContain('"keys":[]');
    for (const encoding of ['base64url', 'base64', 'hex'] as const) {
      expect(text).not.toContain(keys[0]?.signing.export().toString(encoding));
    }
  });

  it('returns equal tags for equal keys, and different tags for different keys', async () => {
    const [first, second] = [await read('EdDSA'), await read('EdDSA')];
    const tags = [await first.set.read(), await first.set.read(), await second.set.read()].map(({ tag }) => tag);
    expect(tags[0]).toMatch(/^"[\w-]{43}"$/);
    expect(tags[1]).toBe(tags[0]);
    expect(tags[2]).not.toBe(tags[0]);
  });
});
