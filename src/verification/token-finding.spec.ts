import { describe, expect, it } from 'vitest';
import { forge, type Json } from '../../test/support/jwt/forge.ts';
import { auth0, corporate, own, partner, publishing } from '../../test/support/jwt/issuers.ts';
import { jwkOf, otherRsa, p256, rsa, secretOf } from '../../test/support/jwt/keys.ts';
import { NOW, SKEW, VerifierFixture } from '../../test/support/jwt/verifying.ts';
import type { Finding } from '../core/check.ts';
import { FixedKeys } from './keys.ts';

const SECRET = secretOf('s');
const secret = new FixedKeys([{ kid: undefined, key: SECRET, inForce: { inForce: true } }]);
const CORPORATE = {
  config: corporate({ algorithms: ['RS256', 'ES256'] }),
  keys: publishing(jwkOf(rsa, { kid: 'r1' }), jwkOf(p256, { kid: 'e1' })),
};
const OWN = { config: own(), keys: secret };
const SUBJECT = new VerifierFixture(
  CORPORATE,
  { config: partner([SECRET]), keys: secret },
  { config: auth0([SECRET]), keys: secret },
);
const CLAIMS: Json = { iss: 'https://login.example.com', aud: 'sms-api', sub: 'alice', exp: NOW + 60 };

async function findingOf(token: string, subject = SUBJECT): Promise<Finding | undefined> {
  const result = await subject.verify(token);
  return result.outcome === 'refused' ? result.finding : undefined;
}

function signed(claims: Json, header: Json = {}, key = rsa.privateKey): string {
  return forge({ alg: 'RS256', kid: 'r1', ...header }, { ...CLAIMS, ...claims }, key);
}

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

describe('a refused token says what was found beside what was expected', () => {
  it.each<[what: string, token: string, found: string, expected: string]>([
    ['the audience', signed({ aud: 'account' }), 'aud is "account"', 'issuer corporate accepts "sms-api"'],
    ['several audiences', signed({ aud: ['a', 'b'] }), 'aud is "a", "b"', 'issuer corporate accepts "sms-api"'],
    ['no audience', signed({ aud: undefined }), 'aud is absent', 'issuer corporate accepts "sms-api"'],
    ['no end', signed({ exp: undefined }), 'exp is absent', 'issuer corporate accepts a number of seconds since 1970'],
    [
      'an end in words',
      signed({ exp: 'soon' }),
      'exp is "soon"',
      'issuer corporate accepts a number of seconds since 1970',
    ],
    [
      'a start to come',
      signed({ nbf: NOW + 90 }),
      `nbf is ${at(NOW + 90)}`,
      `it is ${at(NOW)}, and clockSkew is ${SKEW} s`,
    ],
    [
      'an issue to come',
      signed({ iat: NOW + 90 }),
      `iat is ${at(NOW + 90)}`,
      `it is ${at(NOW)}, and clockSkew is ${SKEW} s`,
    ],
    [
      'the type',
      signed({}, { typ: 'id_token' }),
      'typ is "id_token"',
      'issuer corporate accepts "at+jwt", "JWT", "JOSE" or none',
    ],
    [
      'the kind',
      signed({ token_type: 'refresh' }),
      'token_type is "refresh"',
      'issuer corporate accepts access tokens only',
    ],
    [
      'a bound token',
      signed({ cnf: { jkt: 'x' } }),
      'cnf binds the token to something whose possession Sallyport cannot check',
      'issuer corporate accepts a cnf with x5t#S256, jkt or both, and nothing else',
    ],
    [
      'the subject',
      signed({ sub: 1.5 }),
      'sub is 1.5',
      'issuer corporate accepts a string of at most 1024 characters, or an integer that JSON parsers read alike',
    ],
    [
      'the id',
      signed({ jti: 'x'.repeat(2000) }),
      'jti is a string of 2000 characters',
      'issuer corporate accepts a string of at most 1024 characters',
    ],
    [
      'the scopes',
      signed({ scope: 7 }),
      'scope is 7',
      'issuer corporate accepts at most 1000 strings, in a list or separated by spaces',
    ],
    [
      'the algorithm',
      forge({ alg: 'HS256' }, CLAIMS, SECRET),
      'alg is "HS256"',
      'issuer corporate accepts RS256, ES256',
    ],
    [
      'the key',
      signed({}, { kid: 'old' }),
      'alg is "RS256", kid is "old"',
      'issuer corporate has kid "r1" (rsa, 2048 bits), kid "e1" (ec, prime256v1)',
    ],
    [
      'the signature',
      signed({}, {}, otherRsa.privateKey),
      'alg is "RS256", kid is "r1"',
      'issuer corporate signs with kid "r1" (rsa, 2048 bits): what it signed has not the same bytes',
    ],
    [
      'the parts',
      'a.b',
      'another number of parts than three',
      'a JWT: header, payload and signature with dots between',
    ],
    ['the length', 'x'.repeat(20_000), '20000 characters', 'at most 16384 (limits.token)'],
    [
      'the issuer, and what a profile without issuer refuses',
      forge({ alg: 'RS256' }, { iss: 'https://other.example', sub: 'alice' }, rsa.privateKey),
      'iss is "https://other.example"; alg is "RS256"',
      'issuers have "https://login.example.com", "https://partner.example"; issuer auth0-sms accepts HS256',
    ],
  ])('%s', async (_what, token, found, expected) => {
    expect(await findingOf(token)).toEqual({ found, expected });
  });

  it('our own token by its kind', async () => {
    const token = forge(
      { alg: 'HS256', typ: 'at+jwt' },
      { ...CLAIMS, iss: 'https://sallyport.local', aud: undefined },
      SECRET,
    );
    const subject = new VerifierFixture({ ...OWN, config: own('HS256', { algorithms: ['HS256'] }) });
    expect(await findingOf(token, subject)).toEqual({
      found: 'token_use is absent',
      expected: 'issuer sallyport accepts "access", "login", "private"',
    });
  });
});

describe('a token without a verified signature', () => {
  it('is described without its subject', async () => {
    const token = forge({ alg: 'HS256' }, { sub: 'alice@example.com', aud: 'urn:sms-gateway' }, secretOf('z'));
    expect(await findingOf(token)).toMatchObject({ found: expect.stringContaining('sub is another') });
    expect(JSON.stringify(await findingOf(token))).not.toContain('alice');
  });

  it.each([
    ['a line break', 'a\nlevel=error msg=forged'],
    ['an escape sequence', '\u001b[2J\u001b[31m'],
    ['a change of direction', 'abc\u202egnp.exe'],
    ['a quotation mark', 'x"; issuer corporate accepts "x'],
    ['a line separator', 'a\u2028b'],
    ['a megabyte', 'x'.repeat(8_000)],
  ])('is described in few characters, all of them printable: %s', async (_what, text) => {
    for (const token of [
      signed({}, { kid: text }),
      signed({ iss: text }),
      signed({ iss: [text] }),
      signed({ iss: { [text]: text } }),
    ]) {
      const { found = '' } = (await findingOf(token)) ?? {};
      expect(found).toMatch(/^[\x20-\x7e]{1,300}$/);
      expect(found.replaceAll(/\\u\{22\}/g, '')).not.toContain('"; issuer corporate accepts "x');
    }
  });
});
