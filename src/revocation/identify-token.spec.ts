import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeCredential } from '../../test/support/core.ts';
import { forge, type Json } from '../../test/support/jwt/forge.ts';
import { auth0, partner } from '../../test/support/jwt/issuers.ts';
import { secretOf } from '../../test/support/jwt/keys.ts';
import { NOW, VerifierFixture } from '../../test/support/jwt/verifying.ts';
import { checkText } from '../core/check-text.ts';
import type { Refusal, VerificationResult } from '../core/credential/verified-credential.ts';
import { FixedKeys } from '../verification/keys.ts';
import { identifyToken } from './identify-token.ts';

const SECRET = secretOf('s');
const KEYS = new FixedKeys([{ kid: undefined, key: SECRET, inForce: { inForce: true } }]);
const verifying = new VerifierFixture(
  { config: partner([SECRET]), keys: KEYS },
  { config: auth0([SECRET]), keys: KEYS },
);
const examiner = { examine: (token: string) => verifying.verify(token) };
const parts = { examiner, takesOpaque: false, maxTokenLength: 16_384 };

const CLAIMS = { iss: 'https://partner.example', aud: 'sms-api', sub: 's', jti: 'j1', iat: NOW, exp: NOW + 60 };
const GATEWAY = { aud: 'urn:sms-gateway', sub: 'urn:Auth0' };

function signed(claims: Json, key = SECRET): string {
  return forge({ alg: 'HS256' }, claims, key);
}

/** With the failed check as the log words it. */
function worded(identified: Awaited<ReturnType<typeof identifyToken>>) {
  if (typeof identified === 'string') return identified;
  return { ...identified, failed: identified.failed && checkText(identified.failed) };
}

function thumbprintOf(token: string): string {
  return createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('hex');
}

describe('identifyToken()', () => {
  it.each([
    ['a valid token', CLAIMS, NOW + 60],
    ['an expired token', { ...CLAIMS, exp: NOW - 60 }, NOW - 60],
    ['a token of a clock that is ahead of ours', { ...CLAIMS, iat: NOW + 900, exp: NOW + 1_800 }, NOW + 1_800],
    ['a token that is not valid yet', { ...CLAIMS, nbf: NOW + 900 }, NOW + 60],
  ])('names by issuer and id %s', async (_what, claims, expiresAtSeconds) => {
    expect(await identifyToken(signed(claims), parts)).toEqual({
      targets: [{ kind: 'token', issuer: 'partner', tokenId: 'j1', expiresAtSeconds }],
      subject: 's',
      failed: undefined,
    });
  });

  it.each<[what: string, token: string, expiresAtSeconds: number | undefined, failed: string | undefined]>([
    ['without an id', signed({ ...CLAIMS, jti: undefined }), NOW + 60, undefined],
    ['without an id and an expiry', signed(GATEWAY), undefined, undefined],
    ['that its issuer did not sign', signed(CLAIMS, secretOf('x')), NOW + 60, 'signature'],
    [
      'of no configured issuer',
      signed({ ...CLAIMS, iss: 'https://else.example' }),
      NOW + 60,
      'issuer (iss of no issuer; auth0-sms refuses aud)',
    ],
    ['for another audience', signed({ ...CLAIMS, aud: 'other' }), NOW + 60, 'aud'],
    ['whose expiry is not a number', signed({ ...CLAIMS, exp: 'never' }), undefined, 'exp'],
  ])('names a token by its thumbprint: %s', async (_what, token, expiresAtSeconds, failed) => {
    const target = { kind: 'thumbprint', thumbprint: thumbprintOf(token), expiresAtSeconds };
    expect(worded(await identifyToken(token, parts))).toEqual({ targets: [target], failed });
  });

  it.each([
    ['', 'empty'],
    ['opaque', 'parts'],
    ['a.b.c', 'encoding'],
  ])('rejects %j', async (token, why) => {
    expect(await identifyToken(token, parts)).toBe(why);
  });

  const normalForm = createHash('sha256').update('opaque-abQ').digest('hex');
  const byThumbprint = { kind: 'thumbprint', thumbprint: normalForm, expiresAtSeconds: undefined };
  const away: Refusal = { outcome: 'refused', reason: 'unavailable', check: 'keys', issuer: 'legacy' };

  it.each<[what: string, finding: VerificationResult, beside: readonly object[], failed?: string]>([
    [
      'its id',
      makeCredential({ identity: { issuer: 'legacy', tokenId: 'j1' } }),
      [{ kind: 'token', issuer: 'legacy', tokenId: 'j1', expiresAtSeconds: undefined }],
    ],
    [
      'what its server reports',
      makeCredential({
        identity: { issuer: 'legacy', tokenId: undefined },
        reported: '["s"]',
        validUntilMs: NOW * 1000 + 1,
      }),
      [{ kind: 'claims', issuer: 'legacy', claims: '["s"]', expiresAtSeconds: NOW + 1 }],
    ],
    ['nothing else if its server reports nothing', makeCredential({ identity: { tokenId: undefined } }), []],
    ['nothing else if its server is down', away, [], 'keys'],
  ])('names an opaque token by its normal form and %s', async (_what, finding, beside, failed) => {
    const asked = { ...parts, examiner: { examine: async () => finding }, takesOpaque: true };
    for (const token of ['opaque-abQ', 'opaque-abR', 'opaque-abQ=']) {
      expect(worded(await identifyToken(token, asked))).toEqual({ targets: [byThumbprint, ...beside], failed });
    }
  });

  it('names an opaque token that has a separator by its form without it as well', async () => {
    const asked = { ...parts, examiner: { examine: async () => away }, takesOpaque: true };
    const targets = ['opaque-a~abcd', 'opaque-aabcd'].map((form) => ({
      ...byThumbprint,
      thumbprint: createHash('sha256').update(form).digest('hex'),
    }));
    expect(await identifyToken('opaque-a~abcd', asked)).toEqual({ targets, failed: 'keys' });
  });

  it.each([
    ['', 'empty'],
    ['Bearer opaque', 'characters'],
  ])('rejects %j as an opaque token', async (token, why) => {
    const unused = { examine: () => Promise.reject(new Error('no examiner is expected')) };
    expect(await identifyToken(token, { ...parts, examiner: unused, takesOpaque: true })).toBe(why);
  });

  it('names a JWT as a JWT although issuers have opaque tokens', async () => {
    const found = await identifyToken(signed(CLAIMS), { ...parts, takesOpaque: true });
    expect(found).toMatchObject({ targets: [{ kind: 'token', tokenId: 'j1' }] });
    expect(await identifyToken('a.b.c', { ...parts, takesOpaque: true })).toBe('encoding');
  });
});
