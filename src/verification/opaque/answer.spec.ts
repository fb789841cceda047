import { describe, expect, it } from 'vitest';
import { legacy } from '../../../test/support/introspection-server.ts';
import { judgeAnswer, readAnswer, withoutToken } from './answer.ts';

const TOKEN = 'opaque-token';
const USERNAME = { path: ['username'], prefix: '' };
const ACTIVE = { active: true, scope: 'messages:send other', client_id: 'app', sub: 'alice', exp: 2, iat: 1 };

describe('readAnswer()', () => {
  it.each(['{"active":false}', '{"active":true,"any":{"thing":[1]}}'])('reads %s', (text) => {
    expect(readAnswer(text)).toEqual(JSON.parse(text));
  });

  it('omits empty members', () => {
    expect(readAnswer('{"active":true,"client_id":null,"sub":"","cnf":null,"aud":[]}')).toEqual({ active: true });
  });

  it.each<[text: string, message: string]>([
    ['', 'it answered no JSON'],
    ['<html>very-private</html>', 'it answered no JSON'],
    ['{"active":true,"sub":"\\ud800"}', 'it answered no JSON'],
    ['["very-private"]', 'it answered no JSON object'],
    ...['{}', '{"active":null}', '{"active":"true"}', '{"active":1}', '{"active":true,"client_id":7}'].map(
      (text): [string, string] => [
        text,
        'it answered without a true or false "active", or with a "client_id" of no string',
      ],
    ),
  ])('refuses %s', (text, message) => {
    expect(() => readAnswer(text)).toThrow(expect.objectContaining({ message }));
  });
});

describe('withoutToken()', () => {
  it('leaves out every member that is a spelling of the token', () => {
    const answer = { ...ACTIVE, jti: TOKEN, username: `${TOKEN}=`, token: `.${TOKEN}`, ext: [TOKEN.length] };
    expect(withoutToken(answer, TOKEN)).toEqual({ ...ACTIVE, ext: [TOKEN.length] });
  });

  it('takes no time that grows with the square of a member', () => {
    expect(withoutToken({ active: true, jti: `${'='.repeat(2_000_000)}x` }, TOKEN)).toHaveProperty('jti');
  });
});

function judge(answer: object, profile: object): unknown {
  return judgeAnswer(withoutToken({ active: true, ...answer }, TOKEN), legacy(profile));
}

describe('judgeAnswer()', () => {
  it('reads the claims that a decision uses, with the scopes that the profile allows', () => {
    expect(judgeAnswer(ACTIVE, legacy())).toEqual({
      subject: 'alice',
      tokenId: undefined,
      expiresAtSeconds: 2,
      notBeforeSeconds: Number.NEGATIVE_INFINITY,
      issuedAtSeconds: 1,
      scopes: ['messages:send'],
      dropped: { words: ['other'], more: 0 },
      audiences: [],
      reported: '["alice","app",1,2]',
    });
  });

  it.each<[what: string, answer: object, profile: object, expected: object]>([
    ['only active', {}, {}, { subject: undefined, scopes: [], expiresAtSeconds: Number.POSITIVE_INFINITY }],
    ['a client without a subject', { client_id: 'app' }, {}, { subject: 'app' }],
    ['the party to which it was issued', { azp: 'web' }, {}, { subject: 'web' }],
    ['another claim as the subject', { sub: 'x', username: 'ann' }, { subjectClaim: [USERNAME] }, { subject: 'ann' }],
    ['a number as the subject', { sub: 7, iat: 1, exp: 2 }, {}, { subject: '7', reported: '["7",null,1,2]' }],
    ['the same number as a string', { sub: '7', iat: 1, exp: 2 }, {}, { subject: '7', reported: '["7",null,1,2]' }],
    ['a client that is the required subject', { client_id: 'app' }, { requireSubject: 'app' }, { subject: 'app' }],
    ['an id', { ...ACTIVE, jti: 'id-1' }, {}, { tokenId: 'id-1', reported: undefined }],
    ['the token itself as its id', { jti: TOKEN }, {}, { tokenId: undefined }],
    ['the token itself as its subject', { sub: TOKEN, client_id: 'app' }, {}, { subject: 'app' }],
    ['another spelling of the token as its id', { jti: `${TOKEN}==` }, {}, { tokenId: undefined }],
    ['a subject without a client', { sub: 'alice', iat: 1, exp: 2 }, {}, { reported: '["alice",null,1,2]' }],
    ['a client with times', { client_id: 'app', iat: 1, exp: 2 }, {}, { reported: '[null,"app",1,2]' }],
    ['neither subject nor client', { iat: 1, exp: 2 }, {}, { reported: undefined }],
    ['no iat', { sub: 'alice', exp: 2 }, {}, { reported: undefined }],
    ['no exp', { sub: 'alice', iat: 1 }, {}, { reported: undefined }],
    ['scopes as an array', { scope: ['messages:list', 'x'] }, {}, { scopes: ['messages:list'] }],
    [
      'scopes in another member',
      { scope: 'x', perms: 'messages:list' },
      { scopeClaim: [['perms']] },
      { scopes: ['messages:list'] },
    ],
    [
      'scopes in several members, by a map',
      { scope: 'Messages.Send', roles: ['messages:list', 'admin'] },
      { scopeClaim: [['scope'], ['roles']], scopeMap: new Map([['Messages.Send', ['messages:send']]]) },
      { scopes: ['messages:send', 'messages:list'], dropped: { words: ['admin'], more: 0 } },
    ],
    ['scopes that the profile replaces', { scope: 'x' }, { grant: ['messages:send'] }, { scopes: ['messages:send'] }],
    ['the audience of the profile', { aud: ['x', 'sms'] }, { audience: ['sms'] }, {}],
    ['the iss of the profile', { iss: 'https://as' }, { issuer: 'https://as' }, {}],
    ['no iss', {}, { issuer: 'https://as' }, {}],
    ['an iss without one in the profile', { iss: 'https://as' }, {}, {}],
    ...['Bearer', 'bearer', 'access_token'].map((token_type): [string, object, object, object] => [
      `token_type ${token_type}`,
      { token_type },
      {},
      {},
    ]),
    ['the response of Ory Hydra', { token_type: 'Bearer', token_use: 'access_token' }, {}, {}],
    ['the response of Keycloak', { typ: 'Bearer', token_type: 'Bearer' }, {}, {}],
  ])('accepts %s', (_, answer, profile, expected) => {
    expect(judge(answer, profile)).toMatchObject(expected);
  });

  it.each<[check: string, answer: object, profile?: object]>([
    ['inactive', { ...ACTIVE, active: false }],
    ['token_type', { token_type: 'refresh_token' }],
    ['token_type', { token_type: 'DPoP' }],
    ['token_type', { token_type: 'N_A' }],
    ['token_type', { token_type: 'Bearer', token_use: 'refresh_token' }],
    ['token_type', { token_type: 'Bearer', typ: 'Refresh' }],
    ['token_type', { typ: 'ID' }],
    ['cnf', { cnf: { jkt: 'x' } }],
    ['cnf', { token_type: 'Bearer', cnf: { 'x5t#S256': 'x' } }],
    ['iss', { iss: 'https://other' }, { issuer: 'https://as' }],
    ['iss', { iss: 7 }],
    ['iss', { iss: ['https://as'] }],
    ['iss', { iss: 'https://as' }, { claimedByOthers: new Set(['https://as']) }],
    ['aud', {}, { audience: ['sms'] }],
    ['aud', { aud: 'other' }, { audience: ['sms'] }],
    ['sub', { sub: 7.5 }],
    ['sub', { sub: {}, client_id: 'app' }],
    ['sub', { client_id: 'app' }, { requireSubject: 'alice' }],
    ['sub', { sub: 'bob', client_id: 'alice' }, { requireSubject: 'alice' }],
    ['exp', { exp: '2' }],
    ['exp', {}, { requireExpiry: true }],
    ['nbf', { nbf: 'now' }],
    ['iat', { iat: {} }],
    ['jti', { jti: 7 }],
    ['scopes', { scope: { a: 1 } }],
  ])('returns %s for %j', (check, answer, profile = {}) => {
    expect(judge(answer, profile)).toBe(check);
  });
});
