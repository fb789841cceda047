import { describe, expect, it } from 'vitest';
import { forge, type Json } from '../../test/support/jwt/forge.ts';
import { corporate, own, publishing } from '../../test/support/jwt/issuers.ts';
import { jwkOf, rsa } from '../../test/support/jwt/keys.ts';
import { NOW, VerifierFixture } from '../../test/support/jwt/verifying.ts';
import type { ClaimCondition } from '../core/claims/condition.ts';
import type { JsonObject } from '../lib/json-object.ts';
import { requiredClaimFinding, unmetCondition } from './required-claims.ts';

const ACCESS: ClaimCondition = { claim: ['token_use'], condition: { kind: 'equals', values: ['access'] } };
const CLIENT: ClaimCondition = { claim: ['client_id'], condition: { kind: 'equals', values: ['web', 'cli'] } };
const GROUP: ClaimCondition = { claim: ['realm', 'groups'], condition: { kind: 'contains', values: ['ops'] } };

describe('a token of an issuer with require', () => {
  const cognito = corporate({ audience: undefined, require: [CLIENT, ACCESS] });
  const subject = new VerifierFixture({ config: cognito, keys: publishing(jwkOf(rsa, { kid: 'k' })) });
  const signed = (claims: Json): string =>
    forge(
      { alg: 'RS256', kid: 'k' },
      { iss: cognito.issuer[0], sub: 's', exp: NOW + 60, client_id: 'web', token_use: 'access', ...claims },
      rsa.privateKey,
    );

  it('is verified if it meets every condition', async () => {
    expect(await subject.verify(signed({}))).toMatchObject({ outcome: 'verified' });
    expect(await subject.verify(signed({ client_id: 'cli' }))).toMatchObject({ outcome: 'verified' });
  });

  it.each<[what: string, claims: Json, found: string, expected: string]>([
    ['another value', { client_id: 'tv' }, 'client_id is "tv"', '"web" or "cli"'],
    ['an absent claim', { client_id: undefined }, 'client_id is absent', '"web" or "cli"'],
    ['an empty claim', { client_id: '' }, 'client_id is absent', '"web" or "cli"'],
    ['a list in place of a value', { client_id: ['web'] }, 'client_id is a list: "web"', '"web" or "cli"'],
    ['another type', { client_id: true }, 'client_id is true', '"web" or "cli"'],
    ['an object', { client_id: { web: 1 } }, 'client_id is an object', '"web" or "cli"'],
    ['no kind of token', { token_use: undefined }, 'token_use is absent', '"access"'],
  ])('is refused with %s', async (_, claims, found, expected) => {
    expect(await subject.verify(signed(claims))).toMatchObject({
      outcome: 'refused',
      reason: 'token_invalid',
      check: 'require',
      issuer: 'corporate',
      finding: { found, expected: `issuer corporate requires ${expected}` },
    });
  });

  it('shows nothing of its claims while its signature is not verified', async () => {
    const [head = '', body = ''] = signed({ client_id: 'tv' }).split('.');
    const [, , other = ''] = signed({}).split('.');
    expect(await subject.verify([head, body, other].join('.'))).toMatchObject({ check: 'signature' });
  });

  it('is not read for control characters, and is cut', async () => {
    const long = `\u001b[31m${'x'.repeat(100)}`;
    expect(await subject.verify(signed({ client_id: long }))).toMatchObject({
      finding: { found: `client_id is "\\u{1b}[31m${'x'.repeat(91)}"...` },
    });
  });
});

describe('unmetCondition()', () => {
  const issuer = corporate({ require: [GROUP, ACCESS] });

  it.each<[payload: JsonObject, unmet: ClaimCondition | undefined]>([
    [{ realm: { groups: ['dev', 'ops'] }, token_use: 'access' }, undefined],
    [{ realm: { groups: ['ops'] } }, ACCESS],
    [{ realm: { groups: 'ops' }, token_use: 'access' }, GROUP],
    [{ realm: [{ groups: ['ops'] }], token_use: 'access' }, GROUP],
    [{ 'realm.groups': ['ops'], token_use: 'access' }, GROUP],
    [{}, GROUP],
  ])('of %j is %j', (payload, unmet) => {
    expect(unmetCondition(payload, issuer)).toBe(unmet);
  });

  it('is none for an issuer without conditions, and for our own', () => {
    expect([unmetCondition({}, corporate()), unmetCondition({}, own())]).toEqual([undefined, undefined]);
    expect(requiredClaimFinding({}, corporate())).toBeUndefined();
  });

  it('names a nested claim by its path', () => {
    expect(requiredClaimFinding({}, issuer)?.found).toBe('realm.groups is absent');
  });
});
