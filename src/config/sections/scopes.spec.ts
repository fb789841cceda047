import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../test/support/config.ts';

const NAME = "expected a scope name such as 'messages:send', found";

describe('scopes', () => {
  it('define the catalogue, which is empty by default', () => {
    expect(configOf('').scopes).toEqual(new Map());
    expect(configOf('scopes: { a:b: { description: B, maxTtl: 1h }, a:c-2_x: {} }').scopes).toEqual(
      new Map([
        ['a:b', { description: 'B', maxTtlSeconds: 3600 }],
        ['a:c-2_x', { description: undefined, maxTtlSeconds: undefined }],
      ]),
    );
  });

  it.each([
    ['scopes: []', ['3:1: scopes: expected a map, found a list']],
    ['scopes: { a: {} }', [`3:11: scopes: ${NAME} 'a'`]],
    ['scopes: { A:b: {} }', [`3:11: scopes: ${NAME} 'A:b'`]],
    ['scopes: { "a:*": {} }', [`3:11: scopes: ${NAME} 'a:*'`]],
    ['scopes: { "a:b\\n": {} }', [`3:11: scopes: ${NAME} 'a:b\\u{a}'`]],
    ['scopes: { __proto__: {} }', [`3:11: scopes: ${NAME} '__proto__'`]],
    ['scopes: { all:any: {} }', ["3:11: scopes: 'all:any' is built in and cannot be redefined"]],
    ['scopes: { tokens:manage: {} }', ["3:11: scopes: 'tokens:manage' is built in and cannot be redefined"]],
    ['scopes:\n  a:b:', ['4:3: scopes.a:b: expected a map such as {}, found nothing']],
    ['scopes: { a:b: { maxTTL: 1h } }', ["3:18: scopes.a:b: unknown key 'maxTTL', did you mean 'maxTtl'?"]],
    ['scopes: { a:b: { description: 5 } }', ['3:31: scopes.a:b.description: expected a string, found 5']],
  ])('%s', (sections, problems) => {
    expect(problemsOf(fileWith(sections))).toEqual(problems);
  });

  it('with faults are still known to routes', () => {
    expect(problemsOf(fileWith('scopes: { a:b: { x: 1 } }\nroutes:\n  - { path: /a, scope: a:b }'))).toEqual([
      "3:18: scopes.a:b: unknown key 'x', expected description or maxTtl",
    ]);
    expect(problemsOf(fileWith('scopes: 5\nroutes:\n  - { path: /a, scope: a:b }'))).toEqual([
      '3:9: scopes: expected a map, found 5',
    ]);
  });
});
