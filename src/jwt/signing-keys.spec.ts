import { CompactSign, compactVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { own } from '../../test/jwt/issuers.ts';
import type { SigningAlgorithm } from '../config/config.ts';
import { openMemoryStore } from '../store/memory.ts';
import type { SigningKeyStore } from '../store/store.ts';
import { fits } from './keys.ts';
import { SealBrokenError, Sealer } from './sealer.ts';
import { openSigningKeys } from './signing-keys.ts';

const ALGORITHMS: readonly SigningAlgorithm[] = ['HS256', 'ES256', 'RS256', 'PS256', 'EdDSA'];
const NOW = 1_800_000_000;

function sealer(fill = 's'): Sealer {
  return new Sealer(Buffer.alloc(32, fill));
}

function memory(): SigningKeyStore {
  return openMemoryStore().signingKeys;
}

describe('openSigningKeys()', () => {
  it.each(ALGORITHMS)('makes a first key for %s that signs and verifies', async (algorithm) => {
    const keys = await openSigningKeys(own(algorithm), memory(), sealer(), NOW);
    expect(keys).toMatchObject([{ algorithm, verification: { inForce: { inForce: true } } }]);
    for (const { signing, verification, kid } of keys) {
      expect(verification.kid).toBe(kid);
      expect(kid).toMatch(/^[A-Za-z0-9_-]{16}$/);
      expect(verification.key.type).toBe(algorithm === 'HS256' ? 'secret' : 'public');
      expect(fits(verification.key, algorithm)).toBe(true);
      const jws = await new CompactSign(Buffer.from('signed')).setProtectedHeader({ alg: algorithm }).sign(signing);
      expect(Buffer.from((await compactVerify(jws, verification.key)).payload).toString()).toBe('signed');
    }
  });

  it.each(ALGORITHMS)('opens the same key for %s again', async (algorithm) => {
    const store = memory();
    const [made] = await openSigningKeys(own(algorithm), store, sealer(), NOW);
    const [opened, ...others] = await openSigningKeys(own(algorithm), store, sealer(), NOW + 1);
    expect(others).toEqual([]);
    expect(opened?.kid).toBe(made?.kid);
    expect(made !== undefined && opened?.signing.equals(made.signing)).toBe(true);
  });

  it('makes another key for every store', async () => {
    const kids = await Promise.all(
      ALGORITHMS.map(async (name) => (await openSigningKeys(own(name), memory(), sealer(), NOW))[0]?.kid),
    );
    expect(new Set(kids).size).toBe(ALGORITHMS.length);
  });

  it('makes HMAC keys of 512 bits and RSA keys of 2048', async () => {
    const [mac] = await openSigningKeys(own('HS256'), memory(), sealer(), NOW);
    const [rsa] = await openSigningKeys(own('RS256'), memory(), sealer(), NOW);
    expect(mac?.signing.symmetricKeySize).toBe(64);
    expect(rsa?.signing.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  it('ends with one key where two instances make the first at once', async () => {
    const store = memory();
    const opened = await Promise.all(
      Array.from({ length: 8 }, () => openSigningKeys(own('EdDSA'), store, sealer(), NOW)),
    );
    const kids = new Set(opened.flat().map(({ kid }) => kid));
    expect(kids.size).toBe(1);
    expect((await store.list('sallyport')).map(({ kid }) => kid)).toEqual([...kids]);
  });

  it('shows the store nothing of a key but its name', async () => {
    const store = memory();
    const [key] = await openSigningKeys(own('HS256'), store, sealer(), NOW);
    const [stored] = await store.list('sallyport');
    expect(stored).toMatchObject({ kid: key?.kid, issuer: 'sallyport', algorithm: 'HS256', createdAtSeconds: NOW });
    const secret = key?.signing.export() ?? Buffer.from('none');
    const sealed = Buffer.from(stored?.sealed.slice(3) ?? '', 'base64url');
    expect([sealed.length > secret.length, sealed.includes(secret)]).toEqual([true, false]);
  });

  it('says so where another secret sealed the keys', async () => {
    const store = memory();
    await openSigningKeys(own(), store, sealer('a'), NOW);
    await expect(openSigningKeys(own(), store, sealer('b'), NOW)).rejects.toThrow(SealBrokenError);
  });

  it('does not take a key that was sealed under another name, for another algorithm or another issuer', async () => {
    const store = memory();
    await openSigningKeys(own('RS256'), store, sealer(), NOW);
    const [stored] = await store.list('sallyport');
    if (stored === undefined) throw new Error('no key was stored');
    for (const moved of [
      { ...stored, kid: 'other' },
      { ...stored, algorithm: 'PS256' },
      { ...stored, algorithm: 'HS256' },
      { ...stored, issuer: 'other' },
    ]) {
      const elsewhere = { list: async () => [moved], addFirst: async () => false };
      await expect(openSigningKeys(own('RS256'), elsewhere, sealer(), NOW)).rejects.toThrow(SealBrokenError);
    }
  });

  it('says what to do where the store has keys for another algorithm', async () => {
    const store = memory();
    await openSigningKeys(own('EdDSA'), store, sealer(), NOW);
    await expect(openSigningKeys(own('ES256'), store, sealer(), NOW)).rejects.toThrow(
      "issuer 'sallyport': the store's signing key is for EdDSA, the configuration asks for ES256; " +
        'set signing.algorithm back, or start with a new store',
    );
    expect(await store.list('sallyport')).toHaveLength(1);
  });

  it('says so where a key is for an algorithm that is not known here', async () => {
    const identity = { kid: 'k', issuer: 'sallyport', algorithm: 'ML-DSA-44' };
    const sealed = sealer().seal(Buffer.alloc(32), 'signing-key:sallyport:k:ML-DSA-44');
    const store = { list: async () => [{ ...identity, sealed, createdAtSeconds: NOW }], addFirst: async () => false };
    await expect(openSigningKeys(own(), store, sealer(), NOW)).rejects.toThrow('ML-DSA-44, which is not known here');
  });
});
