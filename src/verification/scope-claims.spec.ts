import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corporate, own } from '../../test/support/jwt/issuers.ts';
import type { JwksIssuer } from '../config/issuer-config.ts';
import type { JsonObject } from '../lib/json-object.ts';
import { parseJson } from '../lib/utf8.ts';
import { readScopes } from './scope-claims.ts';

const ALLOWED = ['messages:send', 'messages:list'];

function issuer(changes: Partial<JwksIssuer> = {}): JwksIssuer {
  return corporate({ allowScopes: new Set(ALLOWED), ...changes });
}

const map = (entries: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly string[]> =>
  new Map(Object.entries(entries));

const ROLES = ['realm_access', 'roles'];

describe('readScopes()', () => {
  it.each<[what: string, payload: object, changes: Partial<JwksIssuer>, scopes: readonly string[]]>([
    ['the first usual claim', { scope: 'messages:list', scp: ['messages:send'] }, {}, ['messages:list']],
    ['a path', { realm_access: { roles: ['messages:send'] } }, { scopeClaim: [ROLES] }, ['messages:send']],
    [
      'a URL with dots',
      { 'https://example.com/roles': ['messages:send'] },
      { scopeClaim: [['https://example.com/roles']] },
      ['messages:send'],
    ],
    [
      'a string and an array together, each scope once',
      { scp: 'messages:send messages:list', roles: ['messages:list'] },
      { scopeClaim: [['scp'], ['roles']] },
      ['messages:send', 'messages:list'],
    ],
    ['what is there of several', { roles: ['messages:send'] }, { scopeClaim: [['scp'], ['roles']] }, ['messages:send']],
    ['none of absent claims', { scope: 'messages:send' }, { scopeClaim: [['scp'], ROLES] }, []],
    ['none of a null within a claim', { realm_access: { roles: null } }, { scopeClaim: [ROLES] }, []],
    ['none of a path through a string', { realm_access: 'roles' }, { scopeClaim: [ROLES] }, []],
    ['none of a path through an array', { realm_access: [{ roles: ALLOWED }] }, { scopeClaim: [ROLES] }, []],
    [
      'what a word stands for',
      { scope: 'Messages.Send read:orders' },
      { scopeMap: map({ 'Messages.Send': ['messages:send'], 'read:orders': ['messages:list', 'messages:send'] }) },
      ['messages:send', 'messages:list'],
    ],
    [
      'what a scope stands for by the map, in place of itself',
      { scope: 'messages:send' },
      { scopeMap: map({ 'messages:send': ['messages:list'] }) },
      ['messages:list'],
    ],
    [
      'an array entry with a space, by the map',
      { roles: ['Send Messages'] },
      { scopeClaim: [['roles']], scopeMap: map({ 'Send Messages': ['messages:send'] }) },
      ['messages:send'],
    ],
  ])('reads %s', (_what, payload, changes, scopes) => {
    expect(readScopes(payload as JsonObject, issuer(changes))).toHaveProperty('scopes', scopes);
  });

  it.each<[what: string, payload: object]>([
    ['an object', { scp: {} }],
    ['a number', { scp: 1 }],
    ['false', { scp: false }],
    ['an array of other things', { scp: ['messages:send', 1] }],
    ['an array in an array', { scp: [['messages:send']] }],
    ['a wrong claim beside a right one', { scp: ALLOWED, roles: { a: 1 } }],
  ])('refuses %s', (_what, payload) => {
    expect(readScopes(payload as JsonObject, issuer({ scopeClaim: [['scp'], ['roles']] }))).toBe('scopes');
  });

  it('counts the words of all claims', () => {
    const config = issuer({ scopeClaim: [['scp'], ['roles']] });
    const words = (count: number): string[] => Array.from({ length: count }, () => 'x');
    expect(readScopes({ scp: words(500), roles: words(500).join(' ') }, config)).toBeTypeOf('object');
    expect(readScopes({ scp: words(500), roles: words(501).join(' ') }, config)).toBe('over 1000 scopes');
  });

  it('says what it drops, cut and printable, and how much more there is', () => {
    const words = [
      'openid',
      'openid',
      `\u202e${'x'.repeat(100)}`,
      ...Array.from({ length: 20 }, (_, index) => `w${index}`),
    ];
    const { dropped } = readScopes({ scp: [...words, 'messages:send'] }, issuer()) as { dropped: unknown };
    const kept = ['openid', `\u{FFFD}${'x'.repeat(56)}...`, 'w0', 'w1', 'w2', 'w3', 'w4', 'w5', 'w6', 'w7'];
    expect(dropped).toEqual({ words: kept, more: 12 });
  });

  it('drops nothing of a profile that replaces the scopes, or of our own tokens', () => {
    expect(readScopes({ scope: 'openid' }, issuer({ grant: ['messages:send'] }))).toEqual({
      scopes: ['messages:send'],
    });
    expect(readScopes({ scopes: ['other:scope'] }, own())).toEqual({ scopes: ['other:scope'] });
    expect(readScopes({}, own())).toEqual({ scopes: [] });
  });

  it('finds no scope behind a name of a prototype', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const payload = parseJson(
      '{"__proto__":{"scope":"messages:send"},"roles":["__proto__","constructor"]}',
    ) as JsonObject;
    for (const name of names) {
      expect(readScopes({}, issuer({ scopeClaim: [[name]] }))).toEqual({ scopes: [] });
      expect(readScopes({ scope: name }, issuer({ scopeMap: map({ x: ['messages:send'] }) }))).toEqual({
        scopes: [],
        dropped: { words: [name], more: 0 },
      });
    }
    expect(readScopes(payload, issuer())).toEqual({ scopes: [] });
    const mapped = new Map([['__proto__', ['messages:send']]]);
    expect(readScopes(payload, issuer({ scopeClaim: [['roles']], scopeMap: mapped }))).toMatchObject({
      scopes: ['messages:send'],
      dropped: { words: ['constructor'] },
    });
  });

  const word = fc.string({ unit: fc.constantFrom('a', ':', ' ', '\t', '\n', '\u00a0', 'b'), maxLength: 5 });

  it('reads a word of an array as one word only, never as its parts', () => {
    const config = issuer({ allowScopes: new Set(['a:b']), scopeClaim: [['roles']] });
    fc.assert(
      fc.property(fc.array(word), (roles) => {
        const read = readScopes({ roles }, config);
        expect(read).toHaveProperty('scopes', roles.includes('a:b') ? ['a:b'] : []);
      }),
      { numRuns: 2_000 },
    );
  });

  it('splits a string at spaces only', () => {
    const config = issuer({ allowScopes: new Set(['a:b']) });
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const scope = words.join(' ');
        const has = scope.split(/\u0020/).includes('a:b');
        expect(readScopes({ scope }, config)).toHaveProperty('scopes', has ? ['a:b'] : []);
      }),
      { numRuns: 2_000 },
    );
  });

  it('grants what the map names and what is allowed by itself, and never more', () => {
    const names = fc.constantFrom('messages:send', 'messages:list', 'all:any', 'tokens:manage', 'x', '__proto__');
    const claim = fc.oneof(
      fc.array(names),
      fc.array(names).map((words) => words.join(' ')),
      fc.jsonValue(),
    );
    const payload = fc.record({ scp: claim, roles: claim }, { requiredKeys: [] });
    const config = issuer({
      scopeClaim: [['scp'], ['roles']],
      scopeMap: map({ 'all:any': ['messages:list'], x: ['messages:send'] }),
    });
    fc.assert(
      fc.property(payload, (claims) => {
        const read = readScopes(claims, config);
        return typeof read === 'string' || read.scopes.every((scope) => ALLOWED.includes(scope));
      }),
      { numRuns: 2_000 },
    );
  });
});
