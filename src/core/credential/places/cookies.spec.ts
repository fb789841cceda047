import { describe, expect, it } from 'vitest';
import { cookiePlace, findCookie, withoutCookies } from './cookies.ts';

const SESSION = cookiePlace('__Host-session');
const NAME = '__Host-session';

describe('findCookie()', () => {
  it.each([
    [`${NAME}=tok`],
    [`a=1; ${NAME}=tok`],
    [`a=1;${NAME}=tok;b=2`],
    [`  ${NAME}=tok \t`],
    [`a="x, y"; ${NAME}=tok`],
    [`a="x; y"; ${NAME}=tok`],
    [`a=\u00c3\u00a9; ${NAME}=tok`],
    [`x${NAME}=other; ${NAME}=tok`],
    [`${NAME}2=other; ${NAME}=tok`],
    [`return=/a?b=1&${NAME}=other; ${NAME}=tok`],
    [`__host-session=other; ${NAME}=tok`],
    [`;; ${NAME}=tok;`],
  ])('finds the token in %j', (field) => {
    expect(findCookie(field, SESSION)).toEqual({ outcome: 'found', token: 'tok' });
  });

  it.each([[undefined], [''], ['a=1'], [`${NAME}=`], [`${NAME}=; a=1`], [`x${NAME}=tok`], ['__Host-Session=tok']])(
    'finds nothing in %j',
    (field) => {
      expect(findCookie(field, SESSION)).toEqual({ outcome: 'absent' });
    },
  );

  it.each([[`${NAME}=a; ${NAME}=b`], [`${NAME}=a; ${NAME}=a`], [`${NAME}=; ${NAME}=a`], [`${NAME}=a; b=1; ${NAME}=`]])(
    'finds several in %j',
    (field) => {
      expect(findCookie(field, SESSION)).toEqual({ outcome: 'several' });
    },
  );

  it.each([
    ['a comma of RFC 2109 before it', `a=1, ${NAME}=tok`],
    ['a comma of two joined fields', `a=1,${NAME}=tok`],
    ['a second one behind a comma', `${NAME}=a,${NAME}=b`],
    ['$Version of RFC 2109', `$Version=1,${NAME}=tok`],
    ['white space before the equals sign', `${NAME} =tok`],
    ['no equals sign', `${NAME}; a=1`],
    ['a cookie without a name', `=${NAME}=tok`],
    ['a quoted string around it', `a="x; ${NAME}=tok; b=y"`],
    ['a quoted string that begins before it', `a="x; ${NAME}=tok`],
    ['a quote before the name', `"${NAME}=tok`],
    ['a non-breaking space before the name', `\u00a0${NAME}=tok`],
    ['a space of UTF-8 before the name', `\u00e2\u0080\u0080${NAME}=tok`],
    ['a control character before the name', `\u0001${NAME}=tok`],
    ['an address before the name', `a=b@${NAME}=tok`],
  ])('finds something ambiguous with %s', (_, field) => {
    expect(findCookie(field, SESSION)).toEqual({ outcome: 'ambiguous' });
    expect(findCookie(`${NAME}=good; ${field}`, SESSION).outcome).not.toBe('found');
  });

  it('does not decode a value, nor take quotes off it', () => {
    expect(findCookie(`${NAME}="tok"`, SESSION)).toEqual({ outcome: 'found', token: '"tok"' });
    expect(findCookie(`${NAME}=t%6Fk`, SESSION)).toEqual({ outcome: 'found', token: 't%6Fk' });
  });

  it('reads a name with characters that mean something to a regular expression', () => {
    expect(findCookie('a.b|c=tok', cookiePlace('a.b|c'))).toEqual({ outcome: 'found', token: 'tok' });
    expect(findCookie('axb=tok', cookiePlace('a.b'))).toEqual({ outcome: 'absent' });
  });

  it.each([
    ['semicolons', ';'.repeat(200_000)],
    ['quotes', '"'.repeat(200_000)],
    ['equals signs', '='.repeat(200_000)],
    ['names', `${NAME} `.repeat(20_000)],
    ['names and spaces', `${NAME}${' '.repeat(200_000)}x`],
  ])('passes once over many %s', (_, field) => {
    expect(findCookie(`${field} ${NAME}`, SESSION).outcome).not.toBe('found');
  });
});

describe('withoutCookies()', () => {
  it.each([
    [`${NAME}=tok`, ''],
    [`${NAME}=`, ''],
    [`a=1; ${NAME}=tok; b=2`, 'a=1; b=2'],
    [`${NAME}=tok; a="x y"`, 'a="x y"'],
    [`a=1;${NAME}=tok;b=2`, 'a=1;b=2'],
    ['a=1;  b=2', 'a=1;  b=2'],
    [` ;${NAME}=x; `, ''],
    [`a=\u00c3\u00a9; ${NAME}=tok`, 'a=\u00c3\u00a9'],
  ])('leaves of %j %j', (field, rest) => {
    expect(withoutCookies(field, [SESSION])).toBe(rest);
  });

  it('takes away every place', () => {
    expect(withoutCookies('a=1; b=2; c=3', [cookiePlace('a'), cookiePlace('c')])).toBe('b=2');
  });
});
