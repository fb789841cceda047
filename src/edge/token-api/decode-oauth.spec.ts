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

  it('gives nobody another prototype', () => {
    expect(Object.getPrototypeOf(decodeForm(Buffer.from('__proto__=a&__proto__=b')))).toBe(Object.prototype);
  });
});

describe('decodeClientBasic()', () => {
  const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

  it.each([
    ['name:p%20w%3A%25', 'name:p w:%'],
    ['n%C3%A4me:a+b', 'näme:a b'],
  ])('reads %j as a client of OAuth wrote it', (written, meant) => {
    expect(decodeClientBasic(basic(written))).toBe(basic(meant));
    expect(decodeClientBasic(basic(written).replace('Basic', 'basic'))).toBe(basic(meant).replace('Basic', 'basic'));
  });

  it.each([
    ['what is the same in a form', basic('name:pass-word_1.~')],
    ['what was not encoded', basic('name:100%')],
    ['another scheme', 'Bearer YTpiJTIw'],
    ['two credentials', `${basic('a:b%20')}, Bearer x`],
    ['none', undefined],
  ])('leaves alone %s', (_what, authorization) => {
    expect(decodeClientBasic(authorization)).toBeUndefined();
  });
});
