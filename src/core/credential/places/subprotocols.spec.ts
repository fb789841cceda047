import { describe, expect, it } from 'vitest';
import { findSubprotocol, withoutToken } from './subprotocols.ts';

const encoded = (token: string): string =>
  `base64url.bearer.authorization.k8s.io.${Buffer.from(token, 'latin1').toString('base64url')}`;

describe('findSubprotocol()', () => {
  it.each([
    ['bearer, a.b.c'],
    ['bearer,a.b.c'],
    ['Bearer, a.b.c'],
    ['chat, bearer, a.b.c'],
    ['bearer, a.b.c, chat.v1'],
    [encoded('a.b.c')],
    [`v4.channel.k8s.io, ${encoded('a.b.c')}`],
  ])('finds the token in %j', (field) => {
    expect(findSubprotocol(field)).toEqual({ outcome: 'found', token: 'a.b.c' });
  });

  it.each([[undefined], [''], ['chat'], ['chat, superchat'], ['bearers, a.b.c'], ['chat,,superchat']])(
    'finds nothing in %j',
    (field) => {
      expect(findSubprotocol(field)).toEqual({ outcome: 'absent' });
    },
  );

  it.each([
    ['bearer, a, bearer, b'],
    [`bearer, a, ${encoded('a')}`],
    [`${encoded('a')}, ${encoded('a')}`],
    ['bearer, a, Bearer, a'],
  ])('finds several in %j', (field) => {
    expect(findSubprotocol(field)).toEqual({ outcome: 'several' });
  });

  it.each([
    ['bearer'],
    ['chat, bearer'],
    ['bearer, '],
    ['bearer,, a.b.c'],
    [', bearer, a.b.c'],
    ['bearer, a.b.c,'],
    ['base64url.bearer.authorization.k8s.io.'],
    [`${encoded('a.b.c')}=`],
    [encoded('ab').replace(/.$/, 'J')],
    [encoded('a\r\nb')],
    [encoded('a b')],
    [encoded('\u00e9')],
  ])('finds something ambiguous in %j', (field) => {
    expect(findSubprotocol(field)).toEqual({ outcome: 'ambiguous' });
  });
});

describe('withoutToken()', () => {
  it.each([
    ['bearer, a.b.c', ''],
    ['bearer, a.b.c, chat.v1, chat.v2', 'chat.v1, chat.v2'],
    [`v4.channel.k8s.io,${encoded('a.b.c')}`, 'v4.channel.k8s.io'],
    ['chat', 'chat'],
  ])('leaves of %j %j', (field, rest) => {
    expect(withoutToken(field)).toBe(rest);
  });
});
