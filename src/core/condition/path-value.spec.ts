import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePath, readPath } from '../path.ts';
import { pathValueAt } from './path-value.ts';

describe('pathValueAt()', () => {
  it.each([
    ['/tenants/acme/x', 0, 'tenants'],
    ['/tenants/acme/x', 1, 'acme'],
    ['/tenants/acme', 1, 'acme'],
    ['/tenants/ACME', 1, 'ACME'],
    ['/tenants/a%20b', 1, 'a b'],
    ['/tenants/%61cme', 1, 'acme'],
    ['/tenants/%C3%A9', 1, 'é'],
    ['/tenants/a%2Bb', 1, 'a+b'],
    ['/tenants/a%25', 1, 'a%'],
    ['/tenants/acme/', 2, undefined],
    ['/tenants', 1, undefined],
    ['/', 0, undefined],
  ])('of %s at %i is %j', (path, index, value) => {
    expect(readPath(path)).toBe(path);
    expect(pathValueAt(path, index)).toBe(value);
  });

  it.each([
    ['a literal plus, which some servers decode as a space', '/tenants/a+b'],
    ['a plus beside an escape', '/tenants/%61+b'],
    ['a letter and its accent, which some servers compose', '/tenants/e%CC%81'],
  ])('is nothing for %s', (_what, path) => {
    expect(readPath(path)).toBe(path);
    expect(pathValueAt(path, 1)).toBeUndefined();
  });

  it('is what was encoded, once', () => {
    const value = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(value, (text) => {
        const path = encodePath(`/t/${text}/x`);
        fc.pre(readPath(path) !== undefined && !/[+/?#]/.test(text) && text.normalize('NFC') === text);
        expect(pathValueAt(path, 1)).toBe(text);
      }),
    );
  });
});
