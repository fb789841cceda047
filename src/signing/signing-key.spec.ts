import { CompactSign, compactVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { makeKey, SEALER } from '../../test/support/jwt/signing.ts';
import { SIGNING_ALGORITHMS } from '../config/issuer-config.ts';
import { fits } from '../lib/jose/key-fit.ts';
import { SealBrokenError, Sealer } from './sealer.ts';
import { openSigningKey, resealSigningKey } from './signing-key.ts';

describe('makeSigningKey()', () => {
  it.each(SIGNING_ALGORITHMS)('makes a key for %s that signs and verifies', async (algorithm) => {
    const { kid, signing, verification, ...rest } = openSigningKey(await makeKey(algorithm), SEALER);
    expect(rest).toEqual({ algorithm });
    expect(verification).toMatchObject({ kid, inForce: { inForce: true } });
    expect(kid).toMatch(/^[A-Za-z0-9_-]{16}$/);
    expect(verification.key.type).toBe(algorithm === 'HS256' ? 'secret' : 'public');
    expect(fits(verification.key, algorithm)).toBe(true);
    const jws = await new CompactSign(Buffer.from('signed')).setProtectedHeader({ alg: algorithm }).sign(signing);
    expect(Buffer.from((await compactVerify(jws, verification.key)).payload).toString()).toBe('signed');
  });

  it('makes another key each time', async () => {
    const keys = await Promise.all(SIGNING_ALGORITHMS.map((algorithm) => makeKey(algorithm)));
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(SIGNING_ALGORITHMS.length);
  });

  it('makes HMAC keys of 512 bits and RSA keys of 2048', async () => {
    expect(openSigningKey(await makeKey('HS256'), SEALER).signing.symmetricKeySize).toBe(64);
    const { signing } = openSigningKey(await makeKey('RS256'), SEALER);
    expect(signing.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  it('returns a record that does not contain the key itself', async () => {
    const made = await makeKey('HS256');
    const secret = openSigningKey(made, SEALER).signing.export();
    const sealed = Buffer.from(made.sealed.slice(3), 'base64url');
    expect([sealed.length > secret.length, sealed.includes(secret)]).toEqual([true, false]);
  });
});

describe('openSigningKey()', () => {
  it.each(SIGNING_ALGORITHMS)('opens the same key for %s again', async (algorithm) => {
    const made = await makeKey(algorithm);
    const [first, second] = [openSigningKey(made, SEALER), openSigningKey(made, SEALER)];
    expect(first.signing.equals(second.signing)).toBe(true);
  });

  it('throws if another secret sealed the key', async () => {
    const made = await makeKey();
    expect(() => openSigningKey(made, new Sealer(Buffer.alloc(32, 'b')))).toThrow(SealBrokenError);
  });

  it('throws if the key was sealed under another name, for another algorithm or for another issuer', async () => {
    const made = await makeKey('RS256');
    for (const moved of [{ kid: 'other' }, { algorithm: 'PS256' }, { algorithm: 'HS256' }, { issuer: 'other' }]) {
      expect(() => openSigningKey({ ...made, ...moved }, SEALER)).toThrow(SealBrokenError);
    }
  });

  it('throws if the algorithm of the key is unknown', async () => {
    const sealed = SEALER.seal(Buffer.alloc(32), 'signing-key:sallyport:k:ML-DSA-44');
    const key = { ...(await makeKey()), kid: 'k', algorithm: 'ML-DSA-44', sealed };
    expect(() => openSigningKey(key, SEALER)).toThrow('ML-DSA-44, which this version does not support');
  });
});

describe('resealSigningKey()', () => {
  it('seals the same key so that only the new secret opens it', async () => {
    const other = new Sealer(Buffer.alloc(32, 'o'));
    const made = await makeKey();
    const { sealed, ...rest } = resealSigningKey(made, SEALER, other);
    expect(made).toMatchObject(rest);
    const opened = openSigningKey({ ...rest, sealed }, other);
    expect(opened.signing.equals(openSigningKey(made, SEALER).signing)).toBe(true);
    expect(() => openSigningKey({ ...rest, sealed }, SEALER)).toThrow(SealBrokenError);
  });
});
