import { describe, expect, it } from 'vitest';
import { hasVectors, NEEDS, readVectors } from './folder.ts';
import { issuerWith, type Jwk, verdictOn } from './verdict.ts';

interface Example {
  readonly input: { readonly key: Jwk };
  readonly output: { readonly compact?: string };
}

describe.skipIf(!hasVectors('jose-cookbook'))(`the JOSE cookbook (${NEEDS})`, () => {
  it.each<[what: string, file: string, verdict: string]>([
    ['RFC 7520, 4.1: RS256', 'jws/4_1.rsa_v15_signature.json', 'valid'],
    ['RFC 7520, 4.2: PS384', 'jws/4_2.rsa-pss_signature.json', 'valid'],
    ['RFC 7520, 4.3: ES512', 'jws/4_3.ecdsa_signature.json', 'valid'],
    ['RFC 7520, 4.4: HS256', 'jws/4_4.hmac-sha2_integrity_protection.json', 'valid'],
    ['RFC 8037, A.4: EdDSA', 'curve25519/jws.json', 'valid'],
    ['RFC 7797: an unencoded payload', 'rfc7797/hmac-sha2_b64_false.json', 'encoding'],
  ])('has the expected verdict: %s', async (_, file, verdict) => {
    const { input, output } = readVectors<Example>(`jose-cookbook/${file}`);
    const compact = output.compact ?? '';
    expect(await verdictOn(compact, issuerWith(input.key))).toBe(verdict);
    if (verdict === 'valid') {
      const last = compact.at(-2) === 'A' ? 'B' : 'A';
      const forged = compact.slice(0, -2) + last + compact.slice(-1);
      expect(await verdictOn(forged, issuerWith(input.key))).toBe('signature');
    }
  });

  it('RFC 7520, 4.5: a detached payload is not a token', async () => {
    const { input, output } = readVectors<Example>('jose-cookbook/jws/4_5.signature_with_detached_content.json');
    expect(await verdictOn(output.compact ?? 'none', issuerWith(input.key))).toBe('signature');
  });
});
