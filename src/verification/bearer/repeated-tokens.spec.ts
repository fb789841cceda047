import { describe, expect, it, vi } from 'vitest';
import { forge } from '../../../test/support/jwt/forge.ts';
import { corporate, partner } from '../../../test/support/jwt/issuers.ts';
import { secretOf } from '../../../test/support/jwt/keys.ts';
import { NOW, VerifierFixture } from '../../../test/support/jwt/verifying.ts';
import type { VerificationKey } from '../keys.ts';
import { FixedKeys } from '../keys.ts';
import { SIGNERS_AT_ONCE } from '../signatures/signer.ts';
import { RepeatedTokens } from './repeated-tokens.ts';

function keyOf(fill: string): VerificationKey {
  return { kid: undefined, key: secretOf(fill), inForce: { inForce: true } };
}

const [first, second] = [keyOf('a'), keyOf('b')];

describe('RepeatedTokens', () => {
  it('knows the signer of exactly these bytes under exactly these keys', () => {
    const repeated = new RepeatedTokens();
    repeated.add('h.p.s', [first, second], second);
    repeated.add('h.p.x', [first], 'none');
    expect(repeated.find('h.p.s', [first, second])).toBe(second);
    expect(repeated.find('h.p.x', [first])).toBe('none');
    for (const keys of [[second, first], [first], [second], [first, second, first], []]) {
      expect(repeated.find('h.p.s', keys)).toBeUndefined();
    }
    expect(repeated.find('h.p.S', [first, second])).toBeUndefined();
    expect(repeated.find('h.p.s ', [first, second])).toBeUndefined();
  });

  it('is bounded in number and in memory', () => {
    const repeated = new RepeatedTokens();
    const known = (token: string): boolean => repeated.find(token, [first]) !== undefined;
    const tokens = Array.from({ length: 3_000 }, (_, index) => `token ${index}`);
    for (const token of tokens) repeated.add(token, [first], 'none');
    expect(tokens.filter(known)).toHaveLength(1_000);
    const long = Array.from({ length: 300 }, (_, index) => `${index} ${'x'.repeat(16_000)}`);
    for (const token of long) repeated.add(token, [first], 'none');
    expect(long.filter(known).length).toBeLessThanOrEqual(125);
  });
});

describe('BearerVerifier', () => {
  const CLAIMS = { iss: 'https://partner.example', aud: 'sms-api', sub: 'someone', jti: 'x' };
  const secret = secretOf('s');
  const issuer = {
    config: partner([secret]),
    keys: new FixedKeys([{ kid: undefined, key: secret, inForce: { inForce: true } }]),
  };

  it('verifies the signature of a repeated token once, and checks its claims each time', async () => {
    const find = vi.spyOn(SIGNERS_AT_ONCE, 'find');
    const subject = new VerifierFixture(issuer);
    const early = forge({ alg: 'HS256' }, { ...CLAIMS, nbf: NOW + 100, exp: NOW + 500 }, secret);
    for (let round = 0; round < 3; round++) expect(await subject.verify(early)).toMatchObject({ check: 'nbf' });
    expect(find).toHaveBeenCalledTimes(1);
    subject.nowSeconds = NOW + 200;
    expect(await subject.verify(early)).toMatchObject({ outcome: 'verified' });
    expect([find.mock.calls.length, subject.cache.size]).toEqual([1, 1]);
    const wrong = forge({ alg: 'HS256' }, { ...CLAIMS, exp: NOW + 500 }, secretOf('x'));
    for (let round = 0; round < 3; round++) expect(await subject.verify(wrong)).toMatchObject({ check: 'signature' });
    expect([find.mock.calls.length, subject.cache.size]).toEqual([2, 1]);
    find.mockRestore();
  });

  it('keeps every known token through a flood of wrong ones', async () => {
    const subject = new VerifierFixture(issuer, { config: corporate(), keys: new FixedKeys([]) });
    const good = Array.from({ length: 100 }, (_, index) =>
      forge({ alg: 'HS256' }, { ...CLAIMS, jti: `t${index}`, exp: NOW + 500 }, secret),
    );
    for (const value of good) await subject.verify(value);
    for (let index = 0; index < 3_000; index++) {
      await subject.verify(forge({ alg: 'HS256' }, { ...CLAIMS, jti: `f${index}`, exp: NOW + 500 }, secretOf('x')));
    }
    expect(good.filter((value) => subject.cache.find({ scheme: 'bearer', value }) !== undefined)).toHaveLength(100);
  });
});
