import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ProofChange, proofFor, thumbprintOf } from '../../../test/support/binding/dpop.ts';
import { ed25519, jwkOf, p256, p384, rsa, smallRsa } from '../../../test/support/jwt/keys.ts';
import type { PresentedProof, ProofResult } from '../../core/binding/proof.ts';
import { Nonces } from './nonces.ts';
import type { DpopParts } from './proof-checker.ts';
import { DpopProofChecker } from './proof-checker.ts';
import { RecentProofs } from './used-proofs.ts';

/** The request of RFC 9449, section 7.1: its token, and its proof, which was made on 2019-04-16. */
const EXAMPLE: PresentedProof = {
  token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  key: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  method: 'GET',
  host: 'resource.example.org',
  path: '/protectedresource',
  proof: [
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19',
    'eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9',
    '2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  ].join('.'),
};
const EXAMPLE_MS = 1_562_262_618_000;

const URI = 'https://api.example.com/messages';
const TOKEN = 'the.access.token';
const SKEW_MS = 30_000;

let nowMs: number;
let asked: [id: string, keepMs: number][];

beforeEach(() => {
  nowMs = Date.now();
  asked = [];
});

function checker(parts: Partial<DpopParts> = {}): DpopProofChecker {
  const store = {
    use: async (id: string, keepMs: number) => asked.push([id, keepMs]) > 0,
  };
  return new DpopProofChecker({
    origins: ['https://api.example.com', 'https://resource.example.org'],
    algorithms: new Set(['ES256', 'ES384', 'EdDSA', 'RS256']),
    maxAgeMs: 60_000,
    clockSkewMs: SKEW_MS,
    nonces: undefined,
    used: new RecentProofs(store),
    clock: { wallMs: () => nowMs },
    ...parts,
  });
}

async function presented(change: ProofChange = {}, more: Partial<PresentedProof> = {}): Promise<PresentedProof> {
  const proof = proofFor({ method: 'POST', uri: URI, token: TOKEN }, p256, change);
  const request = { method: 'POST', host: 'api.example.com', path: '/messages?x=1' };
  return { proof, token: TOKEN, key: await thumbprintOf(p256), ...request, ...more };
}

function outcomeOf(result: ProofResult): string {
  return result.outcome === 'proven' ? 'proven' : result.check;
}

async function check(change: ProofChange = {}, more: Partial<PresentedProof> = {}, parts = {}): Promise<string> {
  return outcomeOf(await checker(parts).check(await presented(change, more)));
}

const now = () => Math.floor(Date.now() / 1000);

describe('DpopProofChecker', () => {
  it('accepts the example of RFC 9449, section 7.1, at its time', async () => {
    nowMs = EXAMPLE_MS;
    expect(await checker().check(EXAMPLE)).toEqual({ outcome: 'proven', nonce: undefined });
    nowMs = EXAMPLE_MS + 3_600_000;
    expect(outcomeOf(await checker().check(EXAMPLE))).toBe('proof iat');
  });

  it.each<[string, Partial<PresentedProof>]>([
    ['proof htm', { method: 'POST' }],
    ['proof htm', { method: 'get' }],
    ['proof htu', { path: '/protectedresource/' }],
    ['proof htu', { path: '/Protectedresource' }],
    ['proof htu', { host: 'api.example.com' }],
    ['proof ath', { token: 'another' }],
    ['proof of another key', { key: 'x' }],
    ['proof form', { proof: `${EXAMPLE.proof}=` }],
    ['proof signature', { proof: `${EXAMPLE.proof.slice(0, -4)}AAAA` }],
  ])('refuses the example by %s with %j', async (failed, more) => {
    nowMs = EXAMPLE_MS;
    expect(outcomeOf(await checker().check({ ...EXAMPLE, ...more }))).toBe(failed);
    expect(asked).toEqual([]);
  });

  it.each<[string, ProofChange]>([
    ['proof typ', { header: { typ: 'jwt' } }],
    ['proof typ', { header: { typ: undefined } }],
    ['proof algorithm', { header: { alg: 'none' } }],
    ['proof algorithm', { header: { alg: 'HS256' } }],
    ['proof algorithm', { header: { alg: 'ES512' } }],
    ['proof key', { header: { jwk: undefined } }],
    ['proof key', { header: { jwk: 'x' } }],
    ['proof key', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }],
    ['proof key', { header: { jwk: p256.privateKey.export({ format: 'jwk' }) } }],
    ['proof key', { header: { jwk: { ...jwkOf(p256), y: 'AAAA' } } }],
    ['proof key', { header: { jwk: { ...jwkOf(p256), alg: 'ES384' } } }],
    ['proof key', { header: { jwk: jwkOf(p384) } }],
    ['proof key', { header: { alg: 'RS256', jwk: jwkOf(smallRsa) } }],
    ['proof key', { header: { alg: 'RS256', jwk: { ...jwkOf(rsa), e: 'AQAAAAE' } } }],
    ['proof of another key', { header: { alg: 'RS256', jwk: jwkOf(rsa) } }],
    ['proof of another key', { header: { alg: 'EdDSA', jwk: jwkOf(ed25519) } }],
    ['proof form', { header: { crit: ['x'] } }],
    ['proof form', { claims: { padding: 'x'.repeat(4_000) } }],
    ['proof jti', { claims: { jti: undefined } }],
    ['proof jti', { claims: { jti: '' } }],
    ['proof jti', { claims: { jti: 7 } }],
    ['proof jti', { claims: { jti: 'x'.repeat(257) } }],
    ['proof htm', { claims: { htm: 'GET' } }],
    ['proof htm', { claims: { htm: 'post' } }],
    ['proof htm', { claims: { htm: undefined } }],
    ['proof htu', { claims: { htu: undefined } }],
    ['proof htu', { claims: { htu: '/messages' } }],
    ['proof htu', { claims: { htu: 'http://api.example.com/messages' } }],
    ['proof htu', { claims: { htu: 'https://evil.example/messages' } }],
    ['proof htu', { claims: { htu: 'https://resource.example.org/messages' } }],
    ['proof htu', { claims: { htu: 'https://api.example.com/messages/../messages' } }],
    ['proof htu', { claims: { htu: 'https://api.example.com/messages/' } }],
    ['proof iat', { claims: { iat: undefined } }],
    ['proof iat', { claims: { iat: String(now()) } }],
    ['proof iat', { claims: { iat: now() - 91 } }],
    ['proof iat', { claims: { iat: now() + 35 } }],
    ['proof iat', { claims: { exp: now() - 31 } }],
    ['proof iat', { claims: { nbf: now() + 35 } }],
    ['proof ath', { claims: { ath: undefined } }],
    ['proof ath', { claims: { ath: 'x' } }],
  ])('refuses by %s: %j', async (failed, change) => {
    expect(await check(change)).toBe(failed);
    expect(asked).toEqual([]);
  });

  it.each<[ProofChange, Partial<PresentedProof>]>([
    [{}, {}],
    [{ claims: { htu: 'HTTPS://API.example.com:443/messages?y=2#z' } }, {}],
    [{ claims: { htu: 'https://api.example.com/%6dessages' } }, {}],
    [{ claims: { iat: now() - 80 } }, {}],
    [{ claims: { exp: now() + 5 } }, {}],
    [{ header: { typ: 'DPoP+JWT' } }, {}],
    [{}, { host: 'gateway.internal:8080' }],
    [{ claims: { htu: 'https://resource.example.org/messages' } }, { host: 'gateway.internal:8080' }],
  ])('accepts %j with %j', async (change, more) => {
    expect(await check(change, more)).toBe('proven');
  });

  it('accepts a proof once, and asks the store once', async () => {
    const proofs = checker();
    const one = await presented();
    expect(outcomeOf(await proofs.check(one))).toBe('proven');
    expect(outcomeOf(await proofs.check(one))).toBe('proof used before');
    expect(asked).toHaveLength(1);
  });

  it('has the store remember a proof for as long as another instance could accept it', async () => {
    await check({ claims: { iat: Math.floor(nowMs / 1000) } });
    const keepMs = asked[0]?.[1];
    expect(keepMs).toBeGreaterThan(60_000 + 2 * SKEW_MS - 1000);
    expect(keepMs).toBeLessThan(60_000 + 3 * SKEW_MS);
  });

  it('tells ids of two keys apart', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const change = { claims: { jti: 'same' } };
    const proof = proofFor({ method: 'POST', uri: URI, token: TOKEN }, other, change);
    const proofs = checker();
    expect(outcomeOf(await proofs.check(await presented(change)))).toBe('proven');
    expect(outcomeOf(await proofs.check(await presented({}, { proof, key: await thumbprintOf(other) })))).toBe(
      'proven',
    );
    expect(outcomeOf(await proofs.check(await presented(change)))).toBe('proof used before');
  });

  it('rejects if the store does not answer', async () => {
    const used = new RecentProofs({ use: () => Promise.reject(new Error('down')) });
    const proofs = checker({ used });
    const one = await presented();
    await expect(proofs.check(one)).rejects.toThrow('down');
    // Whether it was marked is not known.
    expect(outcomeOf(await proofs.check(one))).toBe('proof used before');
  });
});

describe('nonces', () => {
  const secret = Buffer.alloc(32, 7);
  const LIFETIME_MS = 300_000;
  const nonces = () => new Nonces(secret, LIFETIME_MS);

  it('are required, and handed out with the refusal of a proof without one', async () => {
    const result = await checker({ nonces: nonces() }).check(await presented());
    expect(result).toEqual({ outcome: 'refused', check: 'proof nonce', nonce: nonces().current(nowMs) });
    expect(asked).toEqual([]);
  });

  it('are not handed out for a proof that another key signed', async () => {
    const result = await checker({ nonces: nonces() }).check(await presented({}, { key: 'x' }));
    expect(result).toEqual({ outcome: 'refused', check: 'proof of another key' });
  });

  it('are accepted by every instance with the secret, and replaced once there is a newer one', async () => {
    const current = nonces().current(nowMs);
    const former = nonces().current(nowMs - LIFETIME_MS / 2);
    const withNonce = (nonce: unknown) => presented({ claims: { nonce } });
    expect(await checker({ nonces: nonces() }).check(await withNonce(current))).toEqual({
      outcome: 'proven',
      nonce: undefined,
    });
    expect(await checker({ nonces: nonces() }).check(await withNonce(former))).toEqual({
      outcome: 'proven',
      nonce: current,
    });
    for (const other of [
      nonces().current(nowMs - LIFETIME_MS),
      new Nonces(Buffer.alloc(32), 1e6).current(nowMs),
      7,
      '',
    ]) {
      expect(outcomeOf(await checker({ nonces: nonces() }).check(await withNonce(other)))).toBe('proof nonce');
    }
  });

  it('of an instance whose clock is ahead are accepted', () => {
    expect(nonces().accepts(nonces().current(nowMs + LIFETIME_MS / 2), nowMs)).toBe(true);
    expect(nonces().accepts(nonces().current(nowMs + LIFETIME_MS), nowMs)).toBe(false);
  });
});
