import { describe, expect, it } from 'vitest';
import { corporate } from '../../../test/support/jwt/issuers.ts';
import type { SignedToken } from '../../config/tests/test-case.ts';
import type { ClaimCondition } from '../../core/claims/condition.ts';
import { unmetCondition } from '../../verification/required-claims.ts';
import { claimsOf } from './test-token.ts';

const WRITTEN: SignedToken = { issuer: 'corporate', revoked: false, forged: false, isWhole: false };
const REQUIRE: readonly ClaimCondition[] = [
  { claim: ['azp'], condition: { kind: 'equals', values: ['web', 'cli'] } },
  { claim: ['sub'], condition: { kind: 'prefix', prefixes: ['repo:acme/'] } },
  { claim: ['realm', 'groups'], condition: { kind: 'contains', values: ['ops'] } },
  { claim: ['realm', 'level'], condition: { kind: 'equals', values: [2] } },
  { claim: ['jti'], condition: { kind: 'present' } },
  { claim: ['ver'], condition: { kind: 'present' } },
];

describe('claimsOf()', () => {
  const issuer = corporate({ require: REQUIRE });
  const of = (changes: Partial<SignedToken>) => claimsOf({ ...WRITTEN, ...changes }, issuer, 'id', 0);

  it('returns what the issuer requires', () => {
    const claims = of({});
    expect(unmetCondition(claims, issuer)).toBeUndefined();
    expect(claims).toMatchObject({
      iss: 'https://login.example.com',
      azp: 'web',
      sub: 'repo:acme/test',
      realm: { groups: ['ops'], level: 2 },
      jti: 'id',
    });
  });

  it('returns what the case says, even if the issuer does not accept it', () => {
    expect(of({ subject: 'alice', claims: { azp: 'tv', ver: null } })).toMatchObject({ sub: 'alice', azp: 'tv' });
    expect(of({ claims: { ver: null } })).not.toHaveProperty('ver');
    expect(of({ isWhole: true, claims: { sub: 'alice' } })).toEqual({ sub: 'alice' });
  });

  it('returns the tenant of a multi-tenant issuer', () => {
    const tenants = new Map([['https://a/1/', '1']]);
    expect(claimsOf(WRITTEN, corporate({ issuer: ['https://a/1/'], tenants }), 'id', 0)).toMatchObject({
      iss: 'https://a/1/',
      tid: '1',
    });
  });
});
