import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { own } from '../../test/support/jwt/issuers.ts';
import { KeyRingFixture, makeKey, SEALER } from '../../test/support/jwt/signing.ts';
import { NOW } from '../../test/support/jwt/verifying.ts';
import { longestTokenSeconds, signingAt } from './key-life.ts';
import { SealBrokenError, Sealer } from './sealer.ts';
import { openSigningKey } from './signing-key.ts';

const AHEAD = 600;
/** The longest lifetime of a token, twice the clock skew, and a minute. */
const RETIRED_FOR = 31_536_000 + 60 + 60;

describe('KeyRing.reconcile()', () => {
  it('makes the first key, which signs at once', async () => {
    const ringing = new KeyRingFixture();
    const keys = await ringing.ring().reconcile();
    expect(keys).toMatchObject([
      {
        issuer: 'sallyport',
        algorithm: 'EdDSA',
        createdAtSeconds: NOW,
        signsFromSeconds: NOW,
        longestTokenSeconds: 31_536_000,
      },
    ]);
    expect(await ringing.ring().reconcile()).toEqual(keys);
    expect(await ringing.states()).toEqual(['signing']);
  });

  it('results in one key if several instances make the first one at the same time', async () => {
    const ringing = new KeyRingFixture();
    const made = await Promise.all(Array.from({ length: 8 }, () => ringing.ring().reconcile()));
    expect(new Set(made.flat().map(({ kid }) => kid))).toEqual(new Set(await ringing.kids()));
    expect(await ringing.states()).toEqual(['signing']);
  });

  it('writes nothing if the keys are in order', async () => {
    const ringing = new KeyRingFixture();
    await ringing.ring().reconcile();
    const before = await ringing.store.signingKeys.read('sallyport');
    await ringing.ring().reconcile(before.keys);
    expect(await ringing.store.signingKeys.read('sallyport')).toEqual(before);
  });

  it('removes a retired key once the last token that it signed has expired, and not before', async () => {
    const ringing = new KeyRingFixture();
    await ringing.ring().reconcile();
    const { key } = await ringing.ring().rotate();
    ringing.nowSeconds += AHEAD + RETIRED_FOR - 1;
    expect(await ringing.ring().reconcile()).toHaveLength(2);
    ringing.nowSeconds += 1;
    expect(await ringing.ring().reconcile()).toEqual([key]);
  });

  it('makes another key, which signs at once, if the signing key was revoked', async () => {
    const ringing = new KeyRingFixture();
    const [first] = await ringing.ring().reconcile();
    await ringing.revoke(first?.kid ?? '');
    const [second, ...others] = await ringing.ring().reconcile();
    expect(others).toEqual([]);
    expect(second).toMatchObject({ signsFromSeconds: NOW });
    expect(second?.kid).not.toBe(first?.kid);
  });

  it('lets the waiting key sign at once if the signing key was revoked', async () => {
    const ringing = new KeyRingFixture();
    const [first] = await ringing.ring().reconcile();
    const { key } = await ringing.ring().rotate();
    ringing.nowSeconds += 10;
    await ringing.revoke(first?.kid ?? '');
    expect(await ringing.ring().reconcile()).toEqual([{ ...key, signsFromSeconds: NOW + 10 }]);
  });

  it('never signs with a retired key again', async () => {
    const ringing = new KeyRingFixture();
    const [first] = await ringing.ring().reconcile();
    const { key: second } = await ringing.ring().rotate();
    ringing.nowSeconds += AHEAD;
    await ringing.revoke(second.kid);
    const keys = await ringing.ring().reconcile();
    expect(keys.map(({ kid }) => kid)).toEqual([first?.kid, expect.not.stringContaining(second.kid)]);
    expect(signingAt(keys, ringing.nowSeconds)).toBe(keys[1]);
  });

  it('removes a revoked key that waits or is retired, without a change to the others', async () => {
    const ringing = new KeyRingFixture();
    const [first] = await ringing.ring().reconcile();
    const { key: second } = await ringing.ring().rotate();
    await ringing.revoke(second.kid);
    expect(await ringing.ring().reconcile()).toEqual([first]);
    const { key: third } = await ringing.ring().rotate();
    ringing.nowSeconds += AHEAD;
    await ringing.revoke(first?.kid ?? '');
    expect(await ringing.ring().reconcile()).toEqual([third]);
  });

  it('ignores a revocation that takes effect later until then', async () => {
    const ringing = new KeyRingFixture();
    const [first] = await ringing.ring().reconcile();
    await ringing.revoke(first?.kid ?? '', `after:${NOW + 10}`);
    expect(await ringing.ring().reconcile()).toEqual([first]);
    ringing.nowSeconds += 10;
    expect((await ringing.ring().reconcile())[0]?.kid).not.toBe(first?.kid);
  });

  it('restores keys that the store has lost, and keeps those that were made meanwhile', async () => {
    const [before, after] = [new KeyRingFixture(), new KeyRingFixture()];
    await before.ring().reconcile();
    await before.ring().rotate();
    const known = (await before.store.signingKeys.read('sallyport')).keys;
    expect(await after.ring().reconcile(known)).toEqual(known);
    after.nowSeconds += 5;
    const another = new KeyRingFixture();
    another.nowSeconds += 5;
    const [fresh] = await another.ring().reconcile();
    expect(await another.ring().reconcile(known)).toEqual([known[0], fresh, known[1]]);
  });

  it('does not restore a key that was revoked or whose time is over', async () => {
    const ringing = new KeyRingFixture();
    const [first] = await ringing.ring().reconcile();
    await ringing.ring().rotate();
    const { keys: known } = await ringing.store.signingKeys.read('sallyport');
    ringing.nowSeconds += AHEAD + RETIRED_FOR;
    const existing = await ringing.ring().reconcile();
    expect(existing).toHaveLength(1);
    expect(await ringing.ring().reconcile(known)).toEqual(existing);
    const revoked = await makeKey();
    await ringing.revoke(revoked.kid);
    expect(await ringing.ring().reconcile([revoked])).toEqual(existing);
    expect(first).toBeDefined();
  });

  it('gives up after too many conflicting changes', async () => {
    const ringing = new KeyRingFixture();
    const { signingKeys } = ringing.store;
    Object.assign(signingKeys, { replace: async () => false });
    await expect(ringing.ring().reconcile()).rejects.toThrow('the signing keys of sallyport change too often');
  });
});

const PASSPHRASE = Buffer.from('correct horse battery staple');

/** Seals like former versions, which treated every secret as random. */
class UnstretchedSealer extends Sealer {
  override seal(plain: Uint8Array, purpose: string): string {
    const [salt, iv] = [randomBytes(16), randomBytes(12)];
    const key = new Uint8Array(hkdfSync('sha256', PASSPHRASE, salt, 'sallyport seal', 32));
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return `v1.${Buffer.concat([salt, iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }
}

describe('KeyRing.reseal()', () => {
  const next = new Sealer(Buffer.alloc(32, 'n'));

  it('seals every key with the new secret, once, without another change to them', async () => {
    const ringing = new KeyRingFixture();
    await ringing.ring().reconcile();
    await ringing.ring().rotate();
    const before = await ringing.kids();
    expect(await ringing.ring(own(), next).reseal(SEALER)).toBe(2);
    expect(await ringing.ring(own(), next).reseal(SEALER)).toBe(0);
    expect(await ringing.kids()).toEqual(before);
    const { keys } = await ringing.store.signingKeys.read('sallyport');
    for (const key of keys) expect(openSigningKey(key, next).kid).toBe(key.kid);
  });

  it('seals keys again with the same secret if a former version did not stretch it', async () => {
    const ringing = new KeyRingFixture();
    await ringing.ring(own(), new UnstretchedSealer(PASSPHRASE)).reconcile();
    const weak = new Sealer(PASSPHRASE);
    expect(await ringing.ring(own(), weak).reconcile()).toHaveLength(1);
    expect(await ringing.ring(own(), weak).reseal(weak)).toBe(1);
    const [key] = (await ringing.store.signingKeys.read('sallyport')).keys;
    expect(key?.sealed).toMatch(/^v2\./);
    expect(await ringing.ring(own(), new Sealer(PASSPHRASE)).reseal(weak)).toBe(0);
  });

  it('changes nothing if neither secret opens a key', async () => {
    const ringing = new KeyRingFixture();
    await ringing.ring().reconcile();
    const before = await ringing.store.signingKeys.read('sallyport');
    const other = new Sealer(Buffer.alloc(32, 'o'));
    await expect(ringing.ring(own(), next).reseal(other)).rejects.toThrow(SealBrokenError);
    expect(await ringing.store.signingKeys.read('sallyport')).toEqual(before);
  });
});

describe('KeyRing.rotate()', () => {
  it('publishes a key that signs once every reader can have seen it', async () => {
    const ringing = new KeyRingFixture();
    const [first] = await ringing.ring().reconcile();
    const { outcome, key } = await ringing.ring().rotate();
    expect([outcome, key.signsFromSeconds]).toEqual(['made', NOW + AHEAD]);
    expect(await ringing.kids()).toEqual([first?.kid, key.kid]);
    expect(await ringing.states()).toEqual(['signing', 'waiting']);
    ringing.nowSeconds += AHEAD;
    expect(await ringing.states()).toEqual(['retired', 'signing']);
  });

  it('makes no key with a secret that does not open the existing keys', async () => {
    const ringing = new KeyRingFixture();
    await ringing.ring().reconcile();
    const before = await ringing.store.signingKeys.read('sallyport');
    const mistyped = new Sealer(Buffer.alloc(32, 'm'));
    await expect(ringing.ring(own(), mistyped).rotate()).rejects.toThrow(SealBrokenError);
    expect(await ringing.store.signingKeys.read('sallyport')).toEqual(before);
  });

  it('makes one key for several concurrent requests', async () => {
    const ringing = new KeyRingFixture();
    await ringing.ring().reconcile();
    const rotations = await Promise.all(Array.from({ length: 8 }, () => ringing.ring().rotate()));
    expect(rotations.filter(({ outcome }) => outcome === 'made')).toHaveLength(1);
    expect(new Set(rotations.map(({ key }) => key.kid)).size).toBe(1);
    expect(await ringing.states()).toEqual(['signing', 'waiting']);
  });

  it('adds no key while one waits, for whatever algorithm', async () => {
    const ringing = new KeyRingFixture();
    await ringing.ring().reconcile();
    const { key } = await ringing.ring().rotate();
    expect(await ringing.ring(own('ES256')).rotate()).toEqual({ outcome: 'waits', key });
  });

  it('switches to the configured algorithm', async () => {
    const ringing = new KeyRingFixture();
    await ringing.ring(own('HS256')).reconcile();
    await ringing.ring(own('EdDSA')).rotate();
    ringing.nowSeconds += AHEAD;
    const keys = (await ringing.lives()).map(({ key, state }) => `${key.algorithm} ${state}`);
    expect(keys).toEqual(['HS256 retired', 'EdDSA signing']);
  });
});

it('longestTokenSeconds() returns at least the lifetime of a login token, which is not configurable', () => {
  const ttl = { defaultSeconds: 60, maxSeconds: 120, privateMaxSeconds: 300 };
  expect(longestTokenSeconds({ ttl })).toBe(3_600);
  expect(longestTokenSeconds({ ttl: { ...ttl, privateMaxSeconds: 7_200 } })).toBe(7_200);
});
