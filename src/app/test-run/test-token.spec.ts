import { describe, expect, it } from 'vitest';
import { corporate, own } from '../../../test/support/jwt/issuers.ts';
import type { IssuerConfig } from '../../config/issuer-config.ts';
import type { SignedToken } from '../../config/tests/test-case.ts';
import { readPayload } from '../../verification/claims.ts';
import { claimsOf } from './test-token.ts';

const WRITTEN: SignedToken = { issuer: 'corporate', revoked: false, forged: false, isWhole: false };

function claims(issuer: IssuerConfig, written: Partial<SignedToken> = {}) {
  return claimsOf({ ...WRITTEN, ...written }, issuer, 'id', 1_000_000);
}

describe('claimsOf()', () => {
  it('writes subject and scopes where an issuer has them, so that they are read again', () => {
    const issuer = corporate({
      scopeClaim: [['access', 'roles'], ['scp']],
      scopeMap: new Map([['Send Messages', ['messages:send']]]),
      subjectClaim: [{ path: ['access', 'client'], prefix: 'client:' }],
    });
    const written = claims(issuer, { subject: 'client:app', scopes: ['Send Messages', 'messages:list'] });
    expect(written).toMatchObject({ access: { client: 'app', roles: ['Send Messages', 'messages:list'] } });
    expect(written).not.toHaveProperty('sub');
    expect(readPayload(written, issuer)).toMatchObject({
      subject: 'client:app',
      scopes: ['messages:send', 'messages:list'],
    });
    expect(readPayload(claims(issuer), issuer)).toMatchObject({ subject: 'client:test' });
  });

  it.each<[what: string, issuer: IssuerConfig, expected: object]>([
    ['an issuer without claims of its own', corporate(), { sub: 'ann', scope: 'a:b c:d' }],
    ['one that requires a subject', corporate({ requireSubject: 'ann' }), { sub: 'ann' }],
    ['our own', own(), { sub: 'ann', scopes: ['a:b', 'c:d'] }],
  ])('writes sub and the usual scopes of %s', (_what, issuer, expected) => {
    expect(claims(issuer, { subject: 'ann', scopes: ['a:b', 'c:d'] })).toMatchObject(expected);
  });
});
