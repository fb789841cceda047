import { createSecretKey, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { withCheckText } from '../../../test/support/core.ts';
import { forge, type Json, otherForm, part, signature } from '../../../test/support/jwt/forge.ts';
import { auth0, corporate, own, partner, publishing } from '../../../test/support/jwt/issuers.ts';
import { ed25519, jwkOf, otherRsa, p256, p384, p521, rsa, secretOf, smallRsa } from '../../../test/support/jwt/keys.ts';
import { Publisher } from '../../../test/support/jwt/publisher.ts';
import { GENERATION, NOW, SKEW, VerifierFixture } from '../../../test/support/jwt/verifying.ts';
import { judge } from '../../core/standing.ts';
import type { KeySource } from '../keys.ts';
import { FixedKeys } from '../keys.ts';
import type { TrustedIssuer } from './issuers.ts';

const OLD_SECRET = secretOf('o');
const NEW_SECRET = secretOf('n');
const AUTH0_SECRET = createSecretKey(Buffer.from('c2hhcmVkIHNlY3JldCBvZiB0aGUgQXV0aDAgdGVuYW50IQ', 'base64url'));

const OWN: TrustedIssuer = {
  config: own(),
  keys: new FixedKeys([{ kid: 'own-1', key: ed25519.publicKey, inForce: { inForce: true } }]),
};
const CORPORATE: TrustedIssuer = {
  config: corporate(),
  keys: publishing(
    jwkOf(rsa, { kid: 'rsa' }),
    jwkOf(p256, { kid: 'p256', alg: 'ES256', use: 'sig' }),
    jwkOf(p384, { kid: 'p384' }),
    jwkOf(p521, { kid: 'p521' }),
    jwkOf(ed25519, { kid: 'ed', alg: 'EdDSA' }),
    jwkOf(smallRsa, { kid: 'small' }),
    { kty: 'oct', k: OLD_SECRET.export().toString('base64url'), kid: 'oct' },
  ),
};
const PARTNER: TrustedIssuer = { config: partner([OLD_SECRET, NEW_SECRET]), keys: secretKeys(OLD_SECRET, NEW_SECRET) };
const AUTH0: TrustedIssuer = { config: auth0([AUTH0_SECRET]), keys: secretKeys(AUTH0_SECRET) };

const OWN_CLAIMS: Json = {
  iss: 'https://sallyport.local',
  sub: 'account-1',
  iat: NOW - 60,
  exp: NOW + 3600,
  jti: 'V1StGXR8_Z5jdHi6B-myT',
  scopes: ['messages:send'],
  token_use: 'access',
};
const CORPORATE_CLAIMS: Json = {
  iss: 'https://login.example.com',
  sub: 'alice',
  aud: 'sms-api',
  iat: NOW - 60,
  exp: NOW + 3600,
  jti: 'c-1',
  scope: 'messages:send messages:list',
};
const PARTNER_CLAIMS: Json = { iss: 'https://partner.example', aud: 'sms-api', exp: NOW + 3600 };
const AUTH0_CLAIMS: Json = { sub: 'urn:Auth0', aud: 'urn:sms-gateway', recipient: '+15550100', body: 'Your code' };

function verifying(): VerifierFixture {
  return new VerifierFixture(OWN, CORPORATE, PARTNER, AUTH0);
}

/** A valid token of the corporate issuer, with these claims and header members changed. */
function corporateToken(claims: Json = {}, header: Json = {}, key: KeyObject = rsa.privateKey): string {
  return forge({ alg: 'RS256', kid: 'rsa', ...header }, { ...CORPORATE_CLAIMS, ...claims }, key);
}

function ownToken(claims: Json = {}, header: Json = {}): string {
  const all = { alg: 'EdDSA', kid: 'own-1', typ: 'at+jwt', ...header };
  return forge(all, { ...OWN_CLAIMS, ...claims }, ed25519.privateKey);
}

function partnerToken(claims: Json = {}, secret = NEW_SECRET, alg = 'HS256'): string {
  return forge({ alg }, { ...PARTNER_CLAIMS, ...claims }, secret);
}

function auth0Token(claims: Json = {}, secret = AUTH0_SECRET): string {
  return forge({ alg: 'HS256', typ: 'JWT' }, { ...AUTH0_CLAIMS, ...claims }, secret);
}

function without(claims: Json, ...names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
}

/** A token of the corporate issuer with this text as its payload, which need not be JSON. */
function corporateText(payload: string): string {
  return forge({ alg: 'RS256', kid: 'rsa' }, payload, rsa.privateKey);
}

function secretKeys(...secrets: readonly KeyObject[]): KeySource {
  return new FixedKeys(secrets.map((key) => ({ kid: undefined, key, inForce: { inForce: true } })));
}

describe('BearerVerifier.verify()', () => {
  it.each<[what: string, token: string, issuer: string]>([
    ['our own EdDSA', ownToken(), 'sallyport'],
    ['our own token with the algorithm name of RFC 9864', ownToken({}, { alg: 'Ed25519' }), 'sallyport'],
    ['our own login token', ownToken({ token_use: 'login' }), 'sallyport'],
    ['our own without a kid', ownToken({}, { kid: undefined }), 'sallyport'],
    ['RS256', corporateToken(), 'corporate'],
    ['RS256 without a kid', corporateToken({}, { kid: undefined }), 'corporate'],
    ['PS256', corporateToken({}, { alg: 'PS256' }), 'corporate'],
    ['ES256', corporateToken({}, { alg: 'ES256', kid: 'p256' }, p256.privateKey), 'corporate'],
    ['ES384', corporateToken({}, { alg: 'ES384', kid: 'p384' }, p384.privateKey), 'corporate'],
    ['ES512', corporateToken({}, { alg: 'ES512', kid: 'p521' }, p521.privateKey), 'corporate'],
    ['EdDSA', corporateToken({}, { alg: 'EdDSA', kid: 'ed' }, ed25519.privateKey), 'corporate'],
    ['Ed25519', corporateToken({}, { alg: 'Ed25519', kid: 'ed' }, ed25519.privateKey), 'corporate'],
    ['HS256', partnerToken(), 'partner'],
    ['HS384', partnerToken({}, NEW_SECRET, 'HS384'), 'partner'],
    ['HS512', partnerToken({}, NEW_SECRET, 'HS512'), 'partner'],
    ['the former secret during a rotation', partnerToken({}, OLD_SECRET), 'partner'],
    ['a kid with a shared secret', forge({ alg: 'HS256', kid: 'any' }, PARTNER_CLAIMS, NEW_SECRET), 'partner'],
    ['Auth0 without iss, exp and jti', auth0Token(), 'auth0-sms'],
    ['Auth0 with an exp', auth0Token({ exp: NOW + 60 }), 'auth0-sms'],
    [
      'Auth0 with an iss that no other issuer claims',
      auth0Token({ iss: 'https://tenant.auth0.example/' }),
      'auth0-sms',
    ],
    ['an audience among others', corporateToken({ aud: ['other', 'sms-api'] }), 'corporate'],
    ['fractional dates', corporateToken({ exp: NOW + 0.5, nbf: NOW - 0.5, iat: NOW - 0.25 }), 'corporate'],
    ['nbf in the future, within the skew', corporateToken({ nbf: NOW + SKEW }), 'corporate'],
    ['typ JWT', corporateToken({}, { typ: 'JWT' }), 'corporate'],
    ['typ at+jwt in any case', corporateToken({}, { typ: 'AT+JWT' }), 'corporate'],
    ['typ application/at+jwt', corporateToken({}, { typ: 'application/at+jwt' }), 'corporate'],
    ["the issuer's key despite an attacker's jwk", corporateToken({}, { jwk: jwkOf(otherRsa) }), 'corporate'],
  ])('accepts %s', async (_, token, issuer) => {
    const subject = verifying();
    expect(await subject.verify(token)).toMatchObject({
      outcome: 'verified',
      identity: { issuer, scheme: 'bearer' },
      generation: GENERATION,
      key: { inForce: true },
    });
    expect(subject.cache.find({ scheme: 'bearer', value: token })).toBeDefined();
  });

  const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  const rsaDer = rsa.publicKey.export({ type: 'spki', format: 'der' });
  const evilHeader = { jku: 'https://evil.example/jwks', x5u: 'https://evil.example/c.pem', x5c: ['MIIB'] };
  const evilJwk = jwkOf(otherRsa, { kid: 'rsa' });

  /** The check without a matching issuer: only one profile has no `issuer`. */
  const noIssuer = (iss: string, claim: string): string => `issuer (${iss}; auth0-sms refuses ${claim})`;

  it.each<[what: string, token: string, check: string, issuer?: string]>([
    ['no token', '', 'empty'],
    ['64 KB', corporateToken({ fill: 'x'.repeat(65_536) }), 'length: over 16384 characters (limits.token)'],
    ['non-ASCII', `${corporateToken()}é`, 'encoding'],
    ['two tokens joined', `${corporateToken()},${corporateToken()}`, 'parts'],
    ['a signature with padding', `${corporateToken({}, { alg: 'ES256', kid: 'p256' }, p256.privateKey)}==`, 'encoding'],
    ['crit with an unknown extension', corporateToken({}, { crit: ['urn:x'], 'urn:x': 1 }), 'crit'],
    ['crit with b64', corporateToken({}, { crit: ['b64'], b64: false }), 'crit'],
    ['an unknown iss', corporateToken({ iss: 'https://login.example.com/' }), noIssuer('iss of no issuer', 'alg')],
    ['no iss, and no matching profile', corporateToken({ iss: undefined }), noIssuer('no iss', 'alg')],
    [
      'an iss of the wrong type',
      corporateToken({ iss: ['https://login.example.com'] }),
      noIssuer('iss of no issuer', 'alg'),
    ],

    ['alg none', `${part({ alg: 'none' })}.${part(CORPORATE_CLAIMS)}.`, 'algorithm', 'corporate'],
    ['alg None', `${part({ alg: 'None' })}.${part(CORPORATE_CLAIMS)}.`, 'algorithm', 'corporate'],
    ['alg none with a signature', `${part({ alg: 'none' })}.${part(CORPORATE_CLAIMS)}.AA`, 'algorithm', 'corporate'],
    ['alg none for our own', `${part({ alg: 'none', typ: 'at+jwt' })}.${part(OWN_CLAIMS)}.`, 'algorithm', 'sallyport'],
    ['alg none for the Auth0 profile', `${part({ alg: 'none' })}.${part(AUTH0_CLAIMS)}.`, noIssuer('no iss', 'alg')],
    ['alg in another case', corporateToken({}, { alg: 'rs256' }), 'algorithm', 'corporate'],
    ['an algorithm that is not listed', corporateToken({}, { alg: 'RS384' }), 'algorithm', 'corporate'],
    [
      'HS256 signed with the RSA public key in PEM',
      corporateToken({}, { alg: 'HS256' }, createSecretKey(Buffer.from(rsaPem))),
      'algorithm',
      'corporate',
    ],
    [
      'HS256 signed with the RSA public key in DER',
      corporateToken({}, { alg: 'HS256' }, createSecretKey(rsaDer)),
      'algorithm',
      'corporate',
    ],
    [
      'HS256 signed with our own public key',
      forge(
        { alg: 'HS256', typ: 'at+jwt' },
        OWN_CLAIMS,
        createSecretKey(Buffer.from(jwkOf(ed25519).x ?? '', 'base64url')),
      ),
      'key',
      'sallyport',
    ],
    [
      'RS256 for the partner with a secret',
      forge({ alg: 'RS256' }, PARTNER_CLAIMS, rsa.privateKey),
      'algorithm',
      'partner',
    ],

    ['an unknown kid', corporateToken({}, { kid: 'unknown' }), 'key', 'corporate'],
    ['a kid of spaces', corporateToken({}, { kid: ' ' }), 'key', 'corporate'],
    ['an unknown kid of our own', ownToken({}, { kid: 'own-2' }), 'key', 'sallyport'],
    ["another key's kid", corporateToken({}, { kid: 'p256' }), 'key', 'corporate'],
    ['RSA 1024', corporateToken({}, { kid: 'small' }, smallRsa.privateKey), 'key', 'corporate'],
    ['ES256 with a P-384 key', corporateToken({}, { alg: 'ES256', kid: 'p384' }, p384.privateKey), 'key', 'corporate'],
    ['ES384 with a P-256 key', corporateToken({}, { alg: 'ES384', kid: 'p256' }, p256.privateKey), 'key', 'corporate'],
    ['ES512 with a P-384 key', corporateToken({}, { alg: 'ES512', kid: 'p384' }, p384.privateKey), 'key', 'corporate'],
    ['RSA 1024 without a kid', corporateToken({}, { kid: undefined }, smallRsa.privateKey), 'signature', 'corporate'],

    ['no signature', corporateToken().replace(/[^.]*$/, ''), 'signature', 'corporate'],
    ['no MAC', partnerToken().replace(/[^.]*$/, ''), 'signature', 'partner'],
    ['the key of another issuer', corporateToken({}, {}, otherRsa.privateKey), 'signature', 'corporate'],
    ["an attacker's jwk", corporateToken({}, { jwk: evilJwk }, otherRsa.privateKey), 'signature', 'corporate'],
    ["an attacker's jku, x5u and x5c", corporateToken({}, evilHeader, otherRsa.privateKey), 'signature', 'corporate'],
    ['another secret', partnerToken({}, secretOf('x')), 'signature', 'partner'],
    ['an empty secret', partnerToken({}, createSecretKey(Buffer.alloc(0))), 'signature', 'partner'],
    ['another secret for Auth0', auth0Token({}, NEW_SECRET), 'signature', 'auth0-sms'],
    [
      'RS256 for PS256',
      `${part({ alg: 'PS256', kid: 'rsa' })}.${part(CORPORATE_CLAIMS)}.${signature(
        'RS256',
        `${part({ alg: 'PS256', kid: 'rsa' })}.${part(CORPORATE_CLAIMS)}`,
        rsa.privateKey,
      ).toString('base64url')}`,
      'signature',
      'corporate',
    ],
    ['a tampered payload', tampered(corporateToken(), { sub: 'root' }), 'signature', 'corporate'],
    ['trailing bytes after an RSA signature', withTrailing(corporateToken()), 'signature', 'corporate'],
    [
      'trailing bytes after an ECDSA signature',
      withTrailing(corporateToken({}, { alg: 'ES256', kid: 'p256' }, p256.privateKey)),
      'signature',
      'corporate',
    ],
    ['trailing bytes after an EdDSA signature', withTrailing(ownToken()), 'signature', 'sallyport'],
    ['trailing bytes after a MAC', withTrailing(partnerToken()), 'signature', 'partner'],
    ['a truncated MAC', partnerToken().replace(/...$/, ''), 'signature', 'partner'],

    ['typ logout+jwt', corporateToken({}, { typ: 'logout+jwt' }), 'type', 'corporate'],
    ['typ dpop+jwt', corporateToken({}, { typ: 'dpop+jwt' }), 'type', 'corporate'],
    ['a typ that is not a string', corporateToken({}, { typ: ['JWT'] }), 'type', 'corporate'],
    ['our own as a plain JWT', ownToken({}, { typ: 'JWT' }), 'type', 'sallyport'],
    ['our own without a typ', ownToken({}, { typ: undefined }), 'type', 'sallyport'],
    ['our own without token_use', ownToken({ token_use: undefined }), 'token_use', 'sallyport'],
    ['our own with token_use refresh', ownToken({ token_use: 'refresh' }), 'token_type', 'sallyport'],
    ["our own with another issuer's token_use", ownToken({ token_use: 'bearer' }), 'token_use', 'sallyport'],
    ['our own bound to a key', ownToken({ cnf: { jkt: 'x' } }), 'cnf', 'sallyport'],
    ['another audience', corporateToken({ aud: 'other' }), 'aud', 'corporate'],
    ['no audience', corporateToken({ aud: undefined }), 'aud', 'corporate'],
    ['an empty list of audiences', corporateToken({ aud: [] }), 'aud', 'corporate'],
    ['an audience in another case', corporateToken({ aud: 'SMS-API' }), 'aud', 'corporate'],
    ['an audience that is an object', corporateToken({ aud: { 'sms-api': true } }), 'aud', 'corporate'],
    ['a number among the audiences', corporateToken({ aud: ['sms-api', 1] }), 'aud', 'corporate'],
    ['an audience that is null', corporateToken({ aud: null }), 'aud', 'corporate'],
    ['a sub that is a fraction', corporateToken({ sub: 1.5 }), 'sub', 'corporate'],
    ['a sub over 1024 characters', corporateToken({ sub: 'x'.repeat(1025) }), 'sub', 'corporate'],
    [
      'a sub with a lone surrogate',
      corporateText(`{"iss":"https://login.example.com","aud":"sms-api","exp":${NOW + 60},"sub":"\\ud800"}`),
      'payload',
    ],
    ['another sub than the profile requires', auth0Token({ sub: 'urn:Other' }), noIssuer('no iss', 'sub')],
    ['no sub for a profile that requires one', auth0Token({ sub: undefined }), noIssuer('no iss', 'sub')],
    ['another audience than the profile requires', auth0Token({ aud: 'urn:other' }), noIssuer('no iss', 'aud')],
    ['a jti that is a number', corporateToken({ jti: 1 }), 'jti', 'corporate'],
    ['no exp', corporateToken({ exp: undefined }), 'exp', 'corporate'],
    ['our own without exp', ownToken({ exp: undefined }), 'exp', 'sallyport'],
    ['no exp from the partner', partnerToken({ exp: undefined }), 'exp', 'partner'],
    ['an exp that is a string', corporateToken({ exp: String(NOW + 3600) }), 'exp', 'corporate'],
    ['an exp that is null', corporateToken({ exp: null }), 'exp', 'corporate'],
    ['an exp that is a list', corporateToken({ exp: [NOW + 3600] }), 'exp', 'corporate'],
    [
      'an infinite exp',
      corporateText('{"iss":"https://login.example.com","aud":"sms-api","exp":1e400}'),
      'exp',
      'corporate',
    ],
    ['an exp that is NaN', corporateText('{"iss":"https://login.example.com","aud":"sms-api","exp":NaN}'), 'payload'],
    ['an Auth0 token with an exp of the wrong type', auth0Token({ exp: 'never' }), 'exp', 'auth0-sms'],
    ['nbf in the future, beyond the skew', corporateToken({ nbf: NOW + SKEW + 0.001 }), 'nbf', 'corporate'],
    ['an nbf that is a string', corporateToken({ nbf: '0' }), 'nbf', 'corporate'],
    ['an iat that is a string', corporateToken({ iat: '0' }), 'iat', 'corporate'],
    ['scopes that are a number', corporateToken({ scope: 1 }), 'scopes', 'corporate'],
    ['scopes that are an object', corporateToken({ scope: { 'messages:send': true } }), 'scopes', 'corporate'],
    ['a list of scopes with a number', corporateToken({ scopes: ['messages:send', 1] }), 'scopes', 'corporate'],
    ['our own with scopes that are a number', ownToken({ scopes: 1 }), 'scopes', 'sallyport'],
  ])('refuses %s', async (_, token, check, issuer) => {
    const subject = verifying();
    const result = await subject.verify(token);
    expect(withCheckText(result)).toEqual({ outcome: 'refused', reason: 'token_invalid', check, issuer });
    const { found = '', expected = '' } = (result.outcome === 'refused' && result.finding) || {};
    for (const text of [found, expected]) expect(text).toMatch(/^[\x20-\x7e]{4,600}$/);
    for (const piece of token.split('.')) if (piece.length > 3) expect(`${found}${expected}`).not.toContain(piece);
    expect(subject.cache.find({ scheme: 'bearer', value: token })).toBeUndefined();
    expect(subject.standings.size).toBe(0);
  });

  it.each<[what: string, token: string, validUntilSeconds: number]>([
    ['within the skew', corporateToken({ exp: NOW - SKEW + 1 }), NOW + 1],
    ['with a fraction', corporateToken({ exp: NOW - SKEW + 0.5 }), NOW + 0.5],
    ['never, for Auth0', auth0Token(), Number.POSITIVE_INFINITY],
    ['the skew after exp', corporateToken(), NOW + 3600 + SKEW],
  ])('returns when a token expires: %s', async (_, token, validUntilSeconds) => {
    expect(await verifying().verify(token)).toMatchObject({ validUntilMs: validUntilSeconds * 1000 });
  });

  it.each<[what: string, exp: number]>([
    ['just now', NOW - SKEW],
    ['long ago', 0],
    ['before 1970', -1e300],
  ])('verifies an expired token, which the decision refuses, but does not cache it: %s', async (_, exp) => {
    const subject = verifying();
    const token = corporateToken({ exp });
    expect(await subject.verify(token)).toMatchObject({ outcome: 'verified', validUntilMs: exp * 1000 + SKEW * 1000 });
    expect(subject.cache.find({ scheme: 'bearer', value: token })).toBeUndefined();
  });

  it('refuses a forged token for its signature, even if it is expired', async () => {
    const forged = corporateToken({ exp: 0 }, {}, otherRsa.privateKey);
    expect(await verifying().verify(forged)).toMatchObject({ outcome: 'refused', check: 'signature' });
  });

  it.each<[what: string, token: string, scopes: readonly string[]]>([
    ['a space-separated string', corporateToken(), ['messages:send', 'messages:list']],
    ['an array', corporateToken({ scope: undefined, scopes: ['messages:list'] }), ['messages:list']],
    ['scp', corporateToken({ scope: undefined, scp: ['messages:send'] }), ['messages:send']],
    [
      'scopes before scope before scp',
      corporateToken({ scopes: ['messages:list'], scp: 'messages:send' }),
      ['messages:list'],
    ],
    ['none', corporateToken({ scope: undefined }), []],
    ['an empty string', corporateToken({ scope: '' }), []],
    ['superfluous spaces', corporateToken({ scope: ' messages:send  ' }), ['messages:send']],
    ['an array element with a space', corporateToken({ scope: ['messages:send messages:list'] }), []],
    [
      'no all:any or management scopes, unless listed',
      corporateToken({ scope: 'all:any tokens:manage revocations:write accounts:manage messages:send' }),
      ['messages:send'],
    ],
    ['those that the profile grants instead', auth0Token({ scope: 'all:any' }), ['messages:send']],
    ['those that the profile grants, even with an invalid claim', auth0Token({ scope: 1 }), ['messages:send']],
    ['all of our own', ownToken({ scopes: ['all:any', 'tokens:manage'] }), ['all:any', 'tokens:manage']],
  ])('reads scopes: %s', async (_, token, scopes) => {
    const result = await verifying().verify(token);
    expect(result).toMatchObject({ outcome: 'verified', identity: { scopes }, granted: new Set(scopes) });
  });

  it('accepts wildcard and management scopes that the profile lists, from the claim that it names only', async () => {
    const allowScopes = new Set(['all:any', 'tokens:manage']);
    const config = corporate({ allowScopes, scopeClaim: [['permissions']] });
    const token = corporateToken({ permissions: 'all:any tokens:manage messages:send', scope: 'messages:list' });
    expect(await new VerifierFixture({ ...CORPORATE, config }).verify(token)).toMatchObject({
      identity: { scopes: ['all:any', 'tokens:manage'] },
    });
  });

  it.each<[what: string, token: string, keys: readonly string[]]>([
    [
      'our own',
      ownToken(),
      [
        'sallyport:notbefore-issuer:sallyport',
        'sallyport:notbefore:sallyport:account-1',
        'sallyport:revoked-key:sallyport:own-1',
        'sallyport:revoked:sallyport:V1StGXR8_Z5jdHi6B-myT',
      ],
    ],
    [
      "another issuer's, by the kid of the key that verified it",
      corporateToken({}, { kid: undefined }),
      [
        'sallyport:notbefore-issuer:corporate',
        'sallyport:notbefore:corporate:alice',
        'sallyport:revoked-key:corporate:rsa',
        'sallyport:revoked:corporate:c-1',
      ],
    ],
    [
      'names that need encoding',
      corporateToken({ sub: 'a:b', jti: 'ü' }),
      [
        'sallyport:notbefore-issuer:corporate',
        'sallyport:notbefore:corporate:a%3Ab',
        'sallyport:revoked-key:corporate:rsa',
        'sallyport:revoked:corporate:%C3%BC',
      ],
    ],
    [
      'one without a jti and a kid',
      auth0Token(),
      ['sallyport:notbefore-issuer:auth0-sms', 'sallyport:notbefore:auth0-sms:urn%3AAuth0'],
    ],
    [
      'one without identifying claims, which has the stand-in for a subject',
      partnerToken(),
      ['sallyport:notbefore-issuer:partner', 'sallyport:notbefore:partner:urn%3Asallyport%3Ano-subject'],
    ],
  ])('lists every entry that could revoke a token: %s', async (_, token, keys) => {
    const subject = verifying();
    const result = await subject.verify(token);
    const thumbprint = await sha256(token.slice(0, token.lastIndexOf('.')));
    const listed = result.outcome === 'verified' ? result.standings.map(({ key }) => key).toSorted() : undefined;
    expect(listed).toEqual([...keys, `sallyport:revoked-thumbprint:${thumbprint}`].toSorted());
  });

  it('returns when a token was issued, or a value that any mark revokes if it has no iat', async () => {
    expect(await verifying().verify(corporateToken())).toMatchObject({ issuedAtSeconds: NOW - 60 });
    expect(await verifying().verify(auth0Token())).toMatchObject({ issuedAtSeconds: Number.NEGATIVE_INFINITY });
  });

  it('does not let the second form of an ECDSA signature escape a revocation', async () => {
    const subject = verifying();
    const token = corporateToken({ jti: undefined }, { alg: 'ES256', kid: 'p256' }, p256.privateKey);
    const first = await subject.verify(token);
    for (const standing of subject.standings.values()) {
      if (!standing.key.startsWith('sallyport:revoked-thumbprint:')) continue;
      standing.marked = true;
      standing.issuedUpToSeconds = Number.POSITIVE_INFINITY;
      standing.fromSeconds = 0;
    }
    const second = await subject.verify(otherForm(token));
    expect(otherForm(token)).not.toBe(token);
    expect(first.outcome === 'verified' && second.outcome === 'verified' && second.standings).toEqual(
      first.outcome === 'verified' && first.standings,
    );
    const moment = { wallMs: NOW * 1000, monotonicMs: 0, beganMs: 0, mayAsk: false };
    const heard = { heardUpToMs: 0, heardUpToWallMs: NOW * 1000 };
    const freshness = { epoch: 0, ...heard, maxStalenessMs: 1000, keepMs: 0, keepsAnswers: false };
    const verdicts = second.outcome === 'verified' ? second.standings.map((s) => judge(s, NOW, freshness, moment)) : [];
    expect(verdicts).toContain('revoked');
  });

  it('takes a key out of force for all tokens that it verified, once its issuer drops it', async () => {
    const publisher = new Publisher(jwkOf(rsa, { kid: 'rsa' }), jwkOf(p256, { kid: 'p256' }));
    const subject = new VerifierFixture({ config: corporate(), keys: publisher.keySet() });
    const dropped = await subject.verify(corporateToken());
    const kept = await subject.verify(corporateToken({}, { alg: 'ES256', kid: 'p256' }, p256.privateKey));
    expect([dropped, kept]).toMatchObject([{ key: { inForce: true } }, { key: { inForce: true } }]);

    publisher.publish(jwkOf(p256, { kid: 'p256' }));
    await publisher.time.advance(5 * 60_000);

    expect([dropped, kept]).toMatchObject([{ key: { inForce: false } }, { key: { inForce: true } }]);
    expect(await subject.verify(corporateToken())).toMatchObject({ outcome: 'refused', check: 'key' });
  });

  it('tries every matching profile without an issuer', async () => {
    const first = { config: { ...auth0([OLD_SECRET]), name: 'first' }, keys: secretKeys(OLD_SECRET) };
    const second = { config: { ...auth0([NEW_SECRET]), name: 'second' }, keys: secretKeys(NEW_SECRET) };
    const subject = new VerifierFixture(first, second);
    const forms = [auth0Token({}, OLD_SECRET), auth0Token({}, NEW_SECRET)];
    const results = await Promise.all(forms.map((token) => subject.verify(token)));
    expect(results).toMatchObject([{ identity: { issuer: 'first' } }, { identity: { issuer: 'second' } }]);
  });

  it('does not try a profile if the token names a configured issuer', async () => {
    const stolen = auth0Token({ iss: 'https://partner.example' });
    expect(await verifying().verify(stolen)).toMatchObject({ outcome: 'refused', issuer: 'partner' });
  });

  it('refuses a token as unavailable while its keys are unavailable', async () => {
    const publisher = new Publisher();
    publisher.fail();
    const subject = new VerifierFixture({ config: corporate(), keys: publisher.keySet() }, PARTNER);
    const unavailable = { outcome: 'refused', reason: 'unavailable', check: 'keys', issuer: 'corporate' };
    expect(await subject.verify(corporateToken())).toMatchObject(unavailable);
    expect(await subject.verify(partnerToken())).toMatchObject({ outcome: 'verified' });
  });

  it('lists what each of several profiles refuses', async () => {
    const second = { ...AUTH0, config: { ...AUTH0.config, name: 'second' }, keys: secretKeys(OLD_SECRET) };
    const expired = auth0Token({ exp: 'never' });
    expect(withCheckText(await new VerifierFixture(AUTH0, second).verify(expired))).toEqual({
      outcome: 'refused',
      reason: 'token_invalid',
      check: 'auth0-sms refuses exp; second refuses signature',
      issuer: undefined,
    });
  });

  it('includes no part of a token in a refusal', async () => {
    const token = corporateToken({ aud: 'other', sub: 'very-private' });
    const refusal = JSON.stringify(await verifying().verify(token));
    for (const piece of [...token.split('.'), 'very-private']) expect(refusal).not.toContain(piece);
  });

  it('accepts a token with only the claims that its profile requires', async () => {
    const bare = forge({ alg: 'HS256' }, without(AUTH0_CLAIMS, 'recipient', 'body'), AUTH0_SECRET);
    expect(await verifying().verify(bare)).toMatchObject({
      identity: { issuer: 'auth0-sms', subject: 'urn:Auth0', tokenId: undefined, scopes: ['messages:send'] },
    });
  });
});

function tampered(token: string, claims: Json): string {
  const [header = '', payload = '', signaturePart = ''] = token.split('.');
  // This file wrote the payload.
  const former = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Json;
  return `${header}.${part({ ...former, ...claims })}.${signaturePart}`;
}

function withTrailing(token: string): string {
  const end = token.lastIndexOf('.') + 1;
  const longer = Buffer.concat([Buffer.from(token.slice(end), 'base64url'), Buffer.from([0])]);
  return token.slice(0, end) + longer.toString('base64url');
}

async function sha256(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
}
