import { describe, expect, it } from 'vitest';
import { decodeClientBasic, decodeForm } from './decode-oauth.ts';

describe('decodeForm()', () => {
  it.each([
    ['token=a%2Bb+c&token_type_hint=access_token', { token: 'a+b c', token_type_hint: 'access_token' }],
    ['token=&other', {}],
    ['token=a&token=b', { token: ['a', 'b'] }],
    ['token=&token=b', { token: ['', 'b'] }],
    ['', {}],
  ])('reads %j', (text, given) => {
    expect(decodeForm(Buffer.from(text))).toEqual(given);
  });

  it('reads 160,000 names in one pass', () => {
    // With a pass for each name this would take minutes.
    const names = Array.from({ length: 160_000 }, (_, index) => index.toString(36));
    expect(decodeForm(Buffer.from(`${names.join('&')}&token=a`))).toEqual({ token: 'a' });
  });

  it('returns an object with the usual prototype for a name such as __proto__', () => {
    expect(Object.getPrototypeOf(decodeForm(Buffer.from('__proto__=a&__proto__=b')))).toBe(Object.prototype);
  });
});

describe('decodeClientBasic()', () => {
  const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

  it.each([
    ['name:p%20w%3A%25', 'name:p w:%'],
    ['n%C3%A4me:a+b', 'näme:a b'],
  ])('decodes %j, as an OAuth client encodes it', (written, meant) => {
    expect(decodeClientBasic(basic(written))).toBe(basic(meant));
    expect(decodeClientBasic(basic(written).replace('Basic', 'basic'))).toBe(basic(meant).replace('Basic', 'basic'));
  });

  it.each([
    ['credentials that form encoding does not change', basic('name:pass-word_1.~')],
    ['credentials that were not encoded', basic('name:100%')],
    ['another scheme', 'Bearer YTpiJTIw'],
    ['two credentials', `${basic('a:b%20')}, Bearer x`],
    ['no credentials', undefined],
  ])('returns undefined for %s', (_case, authorization) => {
    expect(decodeClientBasic(authorization)).toBeUndefined();
  });
});
