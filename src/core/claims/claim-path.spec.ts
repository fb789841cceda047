import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimAt, claimKey, keepClaims, parseClaimPath } from './claim-path.ts';

describe('claimAt()', () => {
  const payload = {
    realm_access: { roles: ['a'] },
    'https://example.com/roles': 'b',
    'a.b': 'c',
    list: [{ x: 1 }],
    none: null,
    blank: '',
    empty: [],
    zero: 0,
    no: false,
  };

  it.each([
    [['realm_access', 'roles'], ['a']],
    [['https://example.com/roles'], 'b'],
    [['a.b'], 'c'],
    [['zero'], 0],
    [['no'], false],
    [['a', 'b'], undefined],
    [['list', '0'], undefined],
    [['list', 'length'], undefined],
    [['blank', 'length'], undefined],
    [['none', 'x'], undefined],
    [['none'], undefined],
    [['blank'], undefined],
    [['empty'], undefined],
    [['constructor'], undefined],
    [['__proto__'], undefined],
    [['realm_access', 'constructor', 'name'], undefined],
  ])('at %j is %j', (path, value) => {
    expect(claimAt(payload, path)).toEqual(value);
  });
});

describe('parseClaimPath()', () => {
  it.each([
    ['a', ['a']],
    ['realm_access.roles', ['realm_access', 'roles']],
    ['a\\.b.c', ['a.b', 'c']],
    ['a\\\\.b', ['a\\', 'b']],
    ['https://example.com/x.y', ['https://example.com/x.y']],
    ['cognito:groups', ['cognito:groups']],
    ['["https://example.com/app","roles"]', ['https://example.com/app', 'roles']],
    ['["a.b"]', ['a.b']],
    ['["a"', undefined],
    ['[]', undefined],
    ['["a",1]', undefined],
    ['["a",""]', undefined],
    ['["a",["b"]]', undefined],
    ['[https://example.com/roles]', undefined],
    ['', undefined],
    ['.', undefined],
    ['a.', undefined],
    ['.a', undefined],
    ['a..b', undefined],
    ['a\\', undefined],
    ['a\\x', undefined],
  ])('of %j is %j', (text, path) => {
    expect(parseClaimPath(text)).toEqual(path);
  });
});

describe('claimKey()', () => {
  const names = fc.array(fc.string({ unit: fc.constantFrom('a', '.', '\\', '/', ':', '[', '"', ','), minLength: 1 }), {
    minLength: 1,
    maxLength: 3,
  });

  it('names two different paths differently', () => {
    fc.assert(
      fc.property(names, names, (left, right) => {
        fc.pre(JSON.stringify(left) !== JSON.stringify(right));
        expect(claimKey(left)).not.toBe(claimKey(right));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is a text that leads back to the path', () => {
    fc.assert(
      fc.property(names, (path) => {
        expect(parseClaimPath(claimKey(path))).toEqual(path);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('keepClaims()', () => {
  it('keeps the claims that the payload has, except those that are too long', () => {
    const payload = { tenant: 'acme', realm: { roles: ['a'] }, long: 'x'.repeat(1_023), other: 1 };
    expect(keepClaims(payload, [['tenant'], ['realm', 'roles'], ['long'], ['absent']])).toEqual(
      new Map<string, unknown>([
        ['tenant', 'acme'],
        ['realm.roles', ['a']],
      ]),
    );
  });

  it('leaves out a claim that is nested too deeply to be written as JSON', () => {
    const payload = { deep: JSON.parse(`${'['.repeat(30_000)}1${']'.repeat(30_000)}`), tenant: 'acme' };
    expect(keepClaims(payload, [['deep'], ['tenant']])).toEqual(new Map([['tenant', 'acme']]));
  });
});
