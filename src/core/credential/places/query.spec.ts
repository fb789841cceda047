import { describe, expect, it } from 'vitest';
import { findParameter, hasParameter } from './query.ts';

const find = (target: string) => findParameter(target, 'access_token');

describe('findParameter()', () => {
  it.each([
    ['/a?access_token=tok'],
    ['/a?b=1&access_token=tok&c=2'],
    ['/a?access_token=%74ok'],
    ['/a?b=access_token&access_token=tok'],
    ['/a?other_access_token=1&access_token=tok'],
    ['/a?b=x;y&access_token=tok'],
    ['/a?user[access_token]=1&access_token=tok'],
  ])('finds the token in %j', (target) => {
    expect(find(target)).toEqual({ outcome: 'found', token: 'tok' });
  });

  it.each([
    ['/a'],
    ['/a?'],
    ['/a?b=1'],
    ['/a?b=access_token'],
    ['/access_token=tok'],
    ['/a?access_tokens=tok'],
    ['/a?access_token'],
    ['/a?access_token='],
    ['/a?access_token&b=1'],
  ])('finds nothing in %j', (target) => {
    expect(find(target)).toEqual({ outcome: 'absent' });
  });

  it.each([
    ['/a?access_token=a&access_token=b'],
    ['/a?access_token=&access_token=b'],
    ['/a?access_token&access_token=b'],
  ])('finds several in %j', (target) => {
    expect(find(target)).toEqual({ outcome: 'several' });
  });

  it.each([
    ['an encoded name', '%61ccess_token=tok'],
    ['a name that is encoded twice', '%2561ccess_token=tok'],
    ['an encoded equals sign', 'access_token%3Dtok=1'],
    ['upper case', 'Access_Token=tok'],
    ['another separator in the name', 'access-token=tok'],
    ['a dot in the name', 'access.token=tok'],
    ['a plus in the name', 'access+token=tok'],
    ['a plus before the name', '+access_token=tok'],
    ['an encoded space before the name', '%20access_token=tok'],
    ['an encoded NUL after the name', 'access_token%00=tok'],
    ['a list', 'access_token[]=tok'],
    ['an encoded list', 'access_token%5B%5D=tok'],
    ['an encoded ampersand before the name', 'b%26access_token=tok'],
    ['a semicolon before it', 'b=1;access_token=tok'],
    ['a second question mark before it', 'b=1?access_token=tok'],
    ['a fragment', 'b=1#access_token=tok'],
  ])('finds something ambiguous with %s', (_, query) => {
    expect(find(`/a?${query}`)).toEqual({ outcome: 'ambiguous' });
    expect(find(`/a?access_token=good&${query}`)).toEqual({ outcome: 'ambiguous' });
  });

  it('finds something ambiguous in a broken escape', () => {
    expect(find('/a?access_token=a%2')).toEqual({ outcome: 'ambiguous' });
    expect(find('/a?access_token=a%zz')).toEqual({ outcome: 'ambiguous' });
  });

  it('keeps what no token has', () => {
    expect(find('/a?access_token=a+b%00')).toEqual({ outcome: 'found', token: 'a+b\0' });
  });

  it('passes once over a name that is encoded very often', () => {
    expect(find(`/a?%${'25'.repeat(30_000)}61ccess_token=tok`)).toEqual({ outcome: 'absent' });
    expect(find(`/a?access_token${'_'.repeat(60_000)}x=tok`)).toEqual({ outcome: 'absent' });
  });
});

describe('hasParameter()', () => {
  it.each([
    ['/a?access_token=', true],
    ['/a?access_token', true],
    ['/a?b=1&access_token=x', true],
    ['/a?b=access_token', false],
    ['/access_token', false],
  ])('of %j is %s', (target, has) => {
    expect(hasParameter(target, 'access_token')).toBe(has);
  });
});
