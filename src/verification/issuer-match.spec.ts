import { describe, expect, it } from 'vitest';
import { legacy } from '../../test/support/introspection-server.ts';
import { corporate, own } from '../../test/support/jwt/issuers.ts';
import { p256 } from '../../test/support/jwt/keys.ts';
import { maySignFor, meetsAudience, meetsIssuer, meetsTenant, tenantOf } from './issuer-match.ts';

describe('meetsIssuer()', () => {
  const moved = corporate({ issuer: ['https://new.example', 'old.example'] });

  it.each<[iss: unknown, meets: boolean]>([
    ['https://new.example', true],
    ['old.example', true],
    ['https://new.example/', false],
    ['OLD.example', false],
    ['', false],
    [undefined, false],
    [null, false],
    [['old.example'], false],
    ['constructor', false],
  ])('accepts %j for one of two: %j', (iss, meets) => {
    expect(meetsIssuer(iss, moved)).toBe(meets);
    expect(meetsIssuer(iss, own('EdDSA', { issuer: ['https://new.example', 'old.example'] }))).toBe(meets);
  });

  it('accepts its absence in an introspection response, and in a token of an issuer without iss', () => {
    expect(meetsIssuer(undefined, legacy({ issuer: ['https://a', 'https://b'] }))).toBe(true);
    expect(meetsIssuer('https://c', legacy({ issuer: ['https://a', 'https://b'] }))).toBe(false);
    expect(meetsIssuer(undefined, legacy())).toBe(true);
    expect(meetsIssuer('https://a', legacy({ claimedByOthers: new Set(['https://a']) }))).toBe(false);
  });
});

describe('a multi-tenant issuer', () => {
  const [ONE, TWO, OTHER] = ['11111111-aaaa', '22222222-bbbb', '33333333-cccc'] as const;
  const issOf = (tenant: string): string => `https://login.example/${tenant}/v2.0`;
  const older = (tenant: string): string => `https://sts.example/${tenant}/`;
  const tenants = new Map([ONE, TWO].flatMap((id) => [[issOf(id), id] as const, [older(id), id] as const]));
  const [first = '', ...rest] = tenants.keys();
  const issuer = corporate({ issuer: [first, ...rest], tenants });
  const keyOf = (named?: string) => ({ kid: 'k', key: p256.publicKey, inForce: { inForce: true }, issuer: named });

  it('knows the tenant of each iss', () => {
    expect([issOf(ONE), older(TWO), issOf(OTHER), 7].map((iss) => tenantOf({ iss }, issuer))).toEqual([
      ONE,
      TWO,
      undefined,
      undefined,
    ]);
    expect(tenantOf({ iss: issOf(ONE) }, corporate())).toBeUndefined();
  });

  it.each<[tid: unknown, meets: boolean]>([
    [ONE, true],
    [TWO, false],
    [OTHER, false],
    [ONE.toUpperCase(), false],
    [undefined, false],
    [[ONE], false],
  ])('accepts the tid %j for the first tenant: %j', (tid, meets) => {
    expect(meetsTenant({ iss: issOf(ONE), tid }, issuer)).toBe(meets);
    expect(meetsTenant({ iss: older(ONE), tid }, issuer)).toBe(meets);
    expect(meetsTenant({ iss: 'https://login.example.com', tid }, corporate())).toBe(true);
  });

  it.each<[named: string | undefined, iss: string, may: boolean]>([
    ['https://login.example/{tenantid}/v2.0', issOf(ONE), true],
    ['https://login.example/{tenantid}/v2.0', older(TWO), true],
    [undefined, issOf(ONE), true],
    [issOf(ONE), issOf(ONE), true],
    [issOf(ONE), older(ONE), true],
    [issOf(ONE), issOf(TWO), false],
    [issOf(OTHER), issOf(ONE), false],
    ['https://login.example.us/{tenantid}/v2.0', issOf(ONE), false],
    ['{tenantid}', issOf(ONE), false],
    ['', issOf(ONE), false],
  ])('accepts a key of %j for %j: %j', (named, iss, may) => {
    expect(maySignFor(keyOf(named), { iss }, issuer)).toBe(may);
    expect(maySignFor(keyOf(named), { iss }, corporate())).toBe(true);
  });
});

describe('meetsAudience()', () => {
  it.each<[aud: unknown, meets: boolean]>([
    ['sms-api', true],
    [['sms-api'], true],
    [['other', 'sms-api', 'third'], true],
    [undefined, false],
    [[], false],
    ['other', false],
    ['', false],
    [['other'], false],
    [[['sms-api']], false],
    [['sms-api', null], false],
    [null, false],
    [true, false],
    [{ 0: 'sms-api', length: 1 }, false],
  ])('for aud %j returns %j', (aud, meets) => {
    expect(meetsAudience({ aud }, corporate())).toBe(meets);
  });

  it('accepts any audience without a configured one, but none of the wrong type', () => {
    const config = corporate({ audience: undefined });
    const audiences = [undefined, [], 'other', ['a', 'b'], 1, [1], null, {}];
    expect(audiences.map((aud) => meetsAudience({ aud }, config))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
