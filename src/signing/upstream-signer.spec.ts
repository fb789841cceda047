import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { makeCredential } from '../../test/support/core.ts';
import { own } from '../../test/support/jwt/issuers.ts';
import { always, makeOpenKey } from '../../test/support/jwt/signing.ts';
import { NOW, VerifierFixture } from '../../test/support/jwt/verifying.ts';
import type { SigningAlgorithm } from '../config/issuer-config.ts';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import { stateOf } from '../core/upstream/upstream-token.ts';
import { FixedKeys } from '../verification/keys.ts';
import { PublishedKeySet } from './published-key-set.ts';
import type { SigningKey } from './signing-key.ts';
import type { UpstreamSignerParts } from './upstream-signer.ts';
import { createUpstreamSigner } from './upstream-signer.ts';

const SKEW_MS = 30_000;
const PUBLISHED: readonly SigningAlgorithm[] = ['EdDSA', 'ES256', 'RS256', 'PS256'];

class SignerFixture {
  readonly clock = { ms: 0, wallMs: () => NOW * 1000 + this.clock.ms, monotonicMs: () => this.clock.ms };
  readonly failures: unknown[] = [];
  key: SigningKey;
  /** Replaced to fail or to wait. */
  current = async (): Promise<SigningKey> => this.key;
  asked = 0;

  constructor(key: SigningKey) {
    this.key = key;
  }

  signer(parts: Partial<UpstreamSignerParts> = {}) {
    const keys = {
      current: () => {
        this.asked += 1;
        return this.current();
      },
    };
    return createUpstreamSigner({
      issuer: own(),
      audience: ['messages'],
      ttlSeconds: 300,
      claims: [],
      keys,
      clock: this.clock,
      clockSkewMs: SKEW_MS,
      failed: (error) => this.failures.push(error),
      ...parts,
    });
  }
}

async function fixture(algorithm: SigningAlgorithm = 'EdDSA'): Promise<SignerFixture> {
  return new SignerFixture(await makeOpenKey(algorithm));
}

function credentialOf(more: Partial<VerifiedCredential> = {}): VerifiedCredential {
  return makeCredential({ validUntilMs: (NOW + 3_600) * 1000 + SKEW_MS, ...more });
}

function tokenOf({ upstream }: VerifiedCredential): string {
  return upstream.token?.value ?? '';
}

describe('a signed identity', () => {
  it.each(PUBLISHED)('of a caller is verified with the published keys (%s)', async (algorithm) => {
    const bench = await fixture(algorithm);
    const claims = [
      { name: 'email', claim: 'email' },
      { name: 'roles', claim: 'realm_access.roles' },
      { name: 'none', claim: 'none' },
    ];
    const credential = credentialOf({
      claims: new Map<string, unknown>([
        ['iss', 'https://login.example.com'],
        ['azp', 'web'],
        ['email', 'zoë@example.com'],
        ['realm_access.roles', ['a', 'b']],
        ['other', 'not selected'],
      ]),
    });
    await bench.signer({ claims }).sign(credential);
    const { keys } = await new PublishedKeySet({ published: async () => [bench.key] }, 60).read();
    const expected = { issuer: 'https://sallyport.local', audience: 'messages', typ: 'sallyport-identity+jwt' };
    const { payload, protectedHeader } = await jwtVerify(
      tokenOf(credential),
      createLocalJWKSet({ keys: [...keys] as never[] }),
      { ...expected, currentDate: new Date(NOW * 1000) },
    );
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'sallyport-identity+jwt', kid: bench.key.kid });
    expect(payload).toEqual({
      iss: 'https://sallyport.local',
      aud: 'messages',
      iat: NOW,
      exp: NOW + 300,
      sub: 'sub-1',
      idp: 'partner',
      idp_iss: 'https://login.example.com',
      scheme: 'bearer',
      scopes: ['messages:send'],
      token_id: 't-1',
      client_id: 'web',
      claims: { email: 'zoë@example.com', roles: ['a', 'b'] },
    });
  });

  it('of a password is from our own issuer, and has no claims', async () => {
    const identity = { issuer: 'sallyport', scheme: 'basic', tokenId: undefined } as const;
    const credential = credentialOf({ identity: { ...credentialOf().identity, ...identity }, validUntilMs: Infinity });
    await (await fixture())
      .signer({ claims: [{ name: 'email', claim: 'email' }], audience: ['a', 'b'] })
      .sign(credential);
    expect(decodeJwt(tokenOf(credential))).toEqual({
      iss: 'https://sallyport.local',
      aud: ['a', 'b'],
      iat: NOW,
      exp: NOW + 300,
      sub: 'sub-1',
      idp: 'sallyport',
      idp_iss: 'https://sallyport.local',
      scheme: 'basic',
      scopes: ['messages:send'],
      claims: {},
    });
  });

  it('keeps claims apart from its own, whatever their names are', async () => {
    const names = ['iss', 'sub', 'aud', 'exp', 'scopes', '__proto__', 'constructor', 'toJSON'];
    const credential = credentialOf({ claims: new Map(names.map((name) => [name, 'forged'])) });
    await (await fixture()).signer({ claims: names.map((name) => ({ name, claim: name })) }).sign(credential);
    const { iss, sub, aud, exp, scopes, claims } = decodeJwt(tokenOf(credential));
    expect([iss, sub, aud, exp, scopes]).toEqual([
      'https://sallyport.local',
      'sub-1',
      'messages',
      NOW + 300,
      ['messages:send'],
    ]);
    expect(Object.entries(claims as object)).toEqual(names.map((name) => [name, 'forged']));
  });

  it('leaves out a claim with a number that was rounded, or with invalid Unicode', async () => {
    const values: readonly unknown[] = [
      2 ** 60,
      [2 ** 60],
      { a: { b: 2 ** 60 } },
      '\ud800',
      { '\ud800': 1 },
      [1.5, true],
    ];
    const claims = values.map((_, index) => ({ name: `c${index}`, claim: `c${index}` }));
    const credential = credentialOf({ claims: new Map(values.map((value, index) => [`c${index}`, value])) });
    await (await fixture()).signer({ claims }).sign(credential);
    expect(decodeJwt(tokenOf(credential))['claims']).toEqual({ c5: [1.5, true] });
  });

  it('is not sent if it is too long, which is reported once an issuer', async () => {
    const bench = await fixture();
    const signer = bench.signer();
    const scopes = Array.from({ length: 500 }, (_, index) => `messages:scope-${index}`);
    for (let count = 0; count < 2; count++) {
      const credential = credentialOf({ identity: { ...credentialOf().identity, scopes } });
      await signer.sign(credential);
      expect(credential.upstream.token).toMatchObject({ value: undefined });
    }
    expect(bench.failures.map(String)).toEqual([
      'Error: the signed identity of a caller of partner is over 6144 characters: it is not sent',
    ]);
  });

  it('is no credential: our own verifier refuses it, under each algorithm', async () => {
    for (const algorithm of PUBLISHED) {
      const bench = await fixture(algorithm);
      const credential = credentialOf({ claims: new Map([['token_use', 'access']]) });
      await bench.signer({ claims: [{ name: 'token_use', claim: 'token_use' }] }).sign(credential);
      const verifier = new VerifierFixture({ config: own(algorithm), keys: new FixedKeys([bench.key.verification]) });
      expect(await verifier.verify(tokenOf(credential))).toMatchObject({ outcome: 'refused', check: 'type' });
    }
  });

  it('is refused with a key for HS256, which no service could verify', async () => {
    const bench = await fixture('HS256');
    await expect(bench.signer().sign(credentialOf())).rejects.toThrow('is for HS256, which is not published');
  });
});

describe('the end of a signed identity', () => {
  it.each([
    ['is that of ttl', 3_600, NOW + 300],
    ['is never later than that of its credential', 100, NOW + 100],
    ['is a whole second', 100.7, NOW + 100],
    ['is that of the clock skew once the credential has ended', -10, NOW + 20],
    ['is a fraction if no whole second is left', -29.3, NOW + 0.7],
  ])('%s', async (_name, lastsSeconds, exp) => {
    const validUntilMs = (NOW + lastsSeconds) * 1000 + SKEW_MS;
    const credential = credentialOf({ validUntilMs });
    const bench = await fixture();
    await bench.signer().sign(credential);
    expect(decodeJwt(tokenOf(credential)).exp).toBeCloseTo(exp, 6);
    expect(stateOf(credential.upstream, { monotonicMs: 0, wallMs: NOW * 1000 })).toBe('fresh');
  });

  it('is at most that of a credential, so that nothing renews it', async () => {
    const bench = await fixture();
    const credential = credentialOf({ validUntilMs: (NOW + 100) * 1000 + SKEW_MS });
    const signer = bench.signer();
    await signer.sign(credential);
    bench.clock.ms = 99_000;
    signer.renewIfDue(credential, { monotonicMs: 99_000, wallMs: bench.clock.wallMs() });
    expect(bench.asked).toBe(1);
  });
});

describe('renewal', () => {
  const at = (ms: number) => ({ monotonicMs: ms, wallMs: NOW * 1000 + ms });

  it('happens once, in the background, at half of its life', async () => {
    const bench = await fixture();
    const signer = bench.signer();
    const credential = credentialOf();
    await signer.sign(credential);
    const first = tokenOf(credential);
    signer.renewIfDue(credential, at(149_999));
    expect(bench.asked).toBe(1);
    bench.clock.ms = 150_000;
    signer.renewIfDue(credential, at(150_000));
    signer.renewIfDue(credential, at(150_000));
    await expect.poll(() => tokenOf(credential)).not.toBe(first);
    expect(bench.asked).toBe(2);
    expect(decodeJwt(tokenOf(credential))).toMatchObject({ iat: NOW + 150, exp: NOW + 450 });
  });

  it('takes the key that signs by then', async () => {
    const bench = await fixture();
    const signer = bench.signer();
    const credential = credentialOf();
    await signer.sign(credential);
    bench.key = await makeOpenKey('ES256');
    bench.clock.ms = 150_000;
    signer.renewIfDue(credential, at(150_000));
    await expect.poll(() => decodeProtectedHeader(tokenOf(credential)).kid).toBe(bench.key.kid);
  });

  it('keeps what there is when it fails, reports that, and tries again after a second', async () => {
    const bench = await fixture();
    const signer = bench.signer();
    const credential = credentialOf();
    await signer.sign(credential);
    const first = tokenOf(credential);
    bench.current = () => Promise.reject(new Error('the store is gone'));
    bench.clock.ms = 150_000;
    signer.renewIfDue(credential, at(150_000));
    await expect.poll(() => bench.failures).toHaveLength(1);
    signer.renewIfDue(credential, at(150_999));
    expect(bench.asked).toBe(2);
    expect(tokenOf(credential)).toBe(first);
    bench.current = async () => bench.key;
    signer.renewIfDue(credential, at(151_000));
    await expect.poll(() => tokenOf(credential)).not.toBe(first);
  });

  it('shares one signature among those who wait for it', async () => {
    const bench = await fixture();
    const signer = bench.signer();
    const credential = credentialOf();
    await Promise.all([signer.sign(credential), signer.sign(credential), signer.sign(credential)]);
    expect(bench.asked).toBe(1);
    const failing = bench.signer({ keys: always(await makeOpenKey('HS256')) });
    const results = await Promise.allSettled([failing.sign(credential), failing.sign(credential)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
