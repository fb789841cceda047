import { describe, expect, it } from 'vitest';
import { forge, type Json } from '../../../test/support/jwt/forge.ts';
import { corporate, publishing } from '../../../test/support/jwt/issuers.ts';
import { jwkOf, p256, rsa, secretOf } from '../../../test/support/jwt/keys.ts';
import { NOW, VerifierFixture } from '../../../test/support/jwt/verifying.ts';
import { checkText } from '../../core/check-text.ts';

const KEYS = publishing(jwkOf(rsa, { kid: 'k' }));

async function outcome(
  subject: VerifierFixture,
  claims: Json,
  { kid = 'k', key = rsa.privateKey, alg = 'RS256' } = {},
) {
  const token = forge({ alg, kid }, { sub: 's', exp: NOW + 60, ...claims }, key);
  const result = await subject.verify(token);
  if (result.outcome === 'verified') return [result.identity.issuer, ...result.identity.scopes].join(' ');
  const { check, issuer, finding } = result;
  return { check: checkText(check), issuer, found: finding?.found, expected: finding?.expected };
}

describe('several iss of one issuer', () => {
  const moved = corporate({ issuer: ['https://new.example', 'https://old.example'] });
  const subject = new VerifierFixture({ config: moved, keys: KEYS });

  it('verify with one key set, under one name', async () => {
    for (const iss of moved.issuer) expect(await outcome(subject, { iss, aud: 'sms-api' })).toBe('corporate');
  });

  it('are listed where none is meant', async () => {
    expect(await outcome(subject, { iss: 'https://older.example', aud: 'sms-api' })).toMatchObject({
      check: 'issuer (iss of no issuer)',
      expected: 'issuers have "https://new.example", "https://old.example"',
    });
  });
});

describe('two issuers with one iss', () => {
  const iss = 'https://login.example.com';
  const ES = publishing(jwkOf(p256, { kid: 'e' }));
  const subject = new VerifierFixture(
    { config: corporate({ name: 'web', audience: ['web', 'www'], grant: ['messages:list'] }), keys: KEYS },
    {
      config: corporate({ name: 'batch', audience: ['batch'], grant: ['messages:send'], algorithms: ['ES256'] }),
      keys: ES,
    },
  );

  it.each<[aud: unknown, verified: string]>([
    ['web', 'web messages:list'],
    [['www', 'other', 'web'], 'web messages:list'],
  ])('are told apart by aud %j', async (aud, verified) => {
    expect(await outcome(subject, { iss, aud })).toBe(verified);
  });

  it('have their own algorithms and keys', async () => {
    const es = { kid: 'e', key: p256.privateKey, alg: 'ES256' };
    expect(await outcome(subject, { iss, aud: 'batch' }, es)).toBe('batch messages:send');
    expect(await outcome(subject, { iss, aud: 'batch' })).toMatchObject({ check: 'algorithm', issuer: 'batch' });
    expect(await outcome(subject, { iss, aud: 'web' }, es)).toMatchObject({ check: 'key', issuer: 'web' });
  });

  it.each<[what: string, aud: unknown, check: string, found: string]>([
    ['neither', 'other', 'aud', 'aud is "other"'],
    ['none at all', undefined, 'aud', 'aud is absent'],
    ['one that is no string', ['web', 1], 'aud', 'aud is "web", 1'],
    ['both', ['web', 'batch'], 'aud of several issuers', 'aud is "web", "batch"'],
  ])('refuse a token for %s', async (_, aud, check, found) => {
    expect(await outcome(subject, { iss, aud })).toEqual({
      check,
      issuer: undefined,
      found,
      expected: 'issuer web accepts "web", "www"; issuer batch accepts "batch"',
    });
  });
});

describe('a multi-tenant issuer', () => {
  const ONE = '11111111-aaaa-4aaa-8aaa-111111111111';
  const TWO = '22222222-bbbb-4bbb-8bbb-222222222222';
  const issOf = (tenant: string): string => `https://login.example/${tenant}/v2.0`;
  const config = corporate({
    issuer: [issOf(ONE), issOf(TWO)],
    tenants: new Map([ONE, TWO].map((tenant) => [issOf(tenant), tenant])),
  });
  const template = jwkOf(rsa, { kid: 'all', issuer: 'https://login.example/{tenantid}/v2.0' });
  const single = jwkOf(p256, { kid: 'two', issuer: issOf(TWO) });
  const odd = { ...jwkOf(p256, { kid: 'odd' }), issuer: [issOf(ONE)] };
  const subject = new VerifierFixture({ config, keys: publishing(template, single, odd) });
  const es = (kid: string) => ({ kid, key: p256.privateKey, alg: 'ES256' });
  const of = (tenant: string, tid: unknown = tenant): Json => ({ iss: issOf(tenant), aud: 'sms-api', tid });

  it('accepts a token of each tenant, signed by a key for all', async () => {
    expect(await outcome(subject, of(ONE), { kid: 'all' })).toBe('corporate');
    expect(await outcome(subject, of(TWO), { kid: 'all' })).toBe('corporate');
  });

  it('accepts a key of one tenant for that tenant only', async () => {
    expect(await outcome(subject, of(TWO), es('two'))).toBe('corporate');
    expect(await outcome(subject, of(ONE), es('two'))).toEqual({
      check: 'key',
      issuer: 'corporate',
      found: `alg is "ES256", kid is "two", iss is "${issOf(ONE)}"`,
      expected: `issuer corporate publishes that key for "${issOf(TWO)}" alone`,
    });
  });

  it('accepts no key whose issuer is no string', async () => {
    expect(await outcome(subject, of(ONE), es('odd'))).toMatchObject({ check: 'key' });
  });

  it.each<[what: string, tid: unknown]>([
    ['another tenant', TWO],
    ['no tenant', undefined],
    ['a list', [ONE]],
  ])('refuses a tid that is %s', async (_, tid) => {
    expect(await outcome(subject, { ...of(ONE), tid }, { kid: 'all' })).toMatchObject({
      check: 'tid',
      expected: `issuer corporate accepts "${ONE}", the tenant in iss`,
    });
  });

  it.each(['33333333-cccc-4ccc-8ccc-333333333333', ONE.toUpperCase(), 'common', '{tenantid}'])(
    'refuses the tenant %s, which is not listed',
    async (tenant) => {
      expect(await outcome(subject, of(tenant), { kid: 'all' })).toMatchObject({ check: 'issuer (iss of no issuer)' });
    },
  );

  it('refuses another signature by any of its keys', async () => {
    const forged = { kid: 'all', key: secretOf('x'), alg: 'HS256' };
    expect(await outcome(subject, of(ONE), forged)).toMatchObject({ check: 'algorithm' });
  });
});
