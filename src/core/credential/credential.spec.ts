import { describe, expect, it } from 'vitest';
import { presentsSeveral, readCredential } from './credential.ts';

describe('readCredential()', () => {
  it.each([
    [undefined, { scheme: 'none' }],
    ['', { scheme: 'none' }],
    ['Bearer a.b.c', { scheme: 'bearer', value: 'a.b.c' }],
    ['bearer a.b.c', { scheme: 'bearer', value: 'a.b.c' }],
    ['BEARER a.b.c', { scheme: 'bearer', value: 'a.b.c' }],
    ['Basic am9l', { scheme: 'basic', value: 'am9l' }],
    ['bAsIc am9l', { scheme: 'basic', value: 'am9l' }],
    ['Bearer', { scheme: 'bearer', value: '' }],
    ['Bearer ', { scheme: 'bearer', value: '' }],
    ['Basic', { scheme: 'basic', value: '' }],
    ['Bearer   a.b.c', { scheme: 'bearer', value: 'a.b.c' }],
    ['bearer  a.b.c', { scheme: 'bearer', value: 'a.b.c' }],
    ['Basic  am9l', { scheme: 'basic', value: 'am9l' }],
    ['Bearer  ', { scheme: 'bearer', value: '' }],
    // Taken as they are: no token has a space, so none of these can be one that is known.
    ['Bearer a b', { scheme: 'bearer', value: 'a b' }],
    ['Bearer \ta', { scheme: 'bearer', value: '\ta' }],
    ['Bearer a\r\nb', { scheme: 'bearer', value: 'a\r\nb' }],
    ['Bearer\ta', { scheme: 'other' }],
    ['Bearer:a', { scheme: 'other' }],
    ['Bearera', { scheme: 'other' }],
    [' Bearer a', { scheme: 'other' }],
    ['"Bearer" a', { scheme: 'other' }],
    ['Ba\u017fic a', { scheme: 'other' }],
    ['Negotiate abc', { scheme: 'other' }],
    ['Digest username="joe", realm="a, b", uri="/x"', { scheme: 'other' }],
    ['eyJh.e30.sig', { scheme: 'other' }],
    [',Bearer a', { scheme: 'several' }],
    ['Negotiate abc,Bearer a', { scheme: 'several' }],
    ['Bearer\ta,Bearer b', { scheme: 'several' }],
    ['Digest a="b", Basic x', { scheme: 'several' }],
  ])('of %j is %j', (authorization, presented) => {
    expect(readCredential(authorization)).toEqual(presented);
  });
});

describe('presentsSeveral()', () => {
  it.each([
    'a,Bearer b',
    'a, Bearer b',
    'a,bearer b',
    'a,BASIC b',
    'a,\tBearer b',
    'a,Bearer\tb',
    'a,Bearer',
    'a,Basic',
    'a,,Bearer b',
    ',Bearer a',
    'a,Negotiate b',
    'a, DPoP b',
    'a,b,Bearer c',
  ])('is true of %j', (value) => {
    expect(presentsSeveral(value)).toBe(true);
  });

  it.each(['', 'a', 'a.b.c', 'a,', 'a,b', 'a, b', ',', ',,', 'a Bearer b', 'a;Bearer b', 'a, realm="b"', 'a,Bearerx'])(
    'is false of %j',
    (value) => {
      expect(presentsSeveral(value)).toBe(false);
    },
  );

  it.each([
    ['commas', ','.repeat(1_048_576)],
    ['spaces behind a comma', `,${' '.repeat(1_048_576)}`],
    ['one long name behind a comma', `,${'a'.repeat(1_048_576)}`],
    ['a long gap behind a name', `,a${' '.repeat(1_048_576)}=`],
  ])('passes once over 1 MB of %s, which in quadratic time would take many minutes', (_what, value) => {
    expect(presentsSeveral(value)).toBe(false);
  });
});
