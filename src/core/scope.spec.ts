import { describe, expect, it } from 'vitest';
import type { Requirement } from './scope.ts';
import { ALL_ANY, covers, MANAGEMENT_SCOPES, requiredScopes, satisfies } from './scope.ts';

describe('covers()', () => {
  it.each([
    { granted: ['messages:send'], scope: 'messages:send', is: true },
    { granted: ['messages:send'], scope: 'messages:Send', is: false },
    { granted: ['messages:send'], scope: 'messages', is: false },
    { granted: ['messages'], scope: 'messages:send', is: false },
    { granted: ['messages:*', '*', 'any', 'all'], scope: 'messages:send', is: false },
    { granted: [], scope: 'messages:send', is: false },
    { granted: [''], scope: 'messages:send', is: false },
    { granted: [ALL_ANY], scope: 'messages:send', is: true },
    { granted: ['All:Any'], scope: 'messages:send', is: false },
    { granted: ['tokens:manage'], scope: 'tokens:manage', is: true },
  ])('is $is for $scope when $granted is granted', ({ granted, scope, is }) => {
    expect(covers(new Set(granted), scope)).toBe(is);
  });

  it('does not let all:any cover a management scope', () => {
    const ofTokens = ['tokens:manage', 'tokens:refresh', 'revocations:write'];
    const managing = [...ofTokens, 'accounts:manage', 'access:check', 'access:introspect'];
    expect([...MANAGEMENT_SCOPES]).toEqual(managing);
    expect(managing.filter((scope) => covers(new Set([ALL_ANY]), scope))).toEqual([]);
  });
});

describe('satisfies()', () => {
  const a: Requirement = { kind: 'anyOf', scopes: ['a', 'b'] };
  const b: Requirement = { kind: 'allOf', scopes: ['a', 'b'] };

  it.each<{ requirement: Requirement; granted: string[]; is: boolean }>([
    { requirement: a, granted: ['b'], is: true },
    { requirement: a, granted: ['c'], is: false },
    { requirement: a, granted: [ALL_ANY], is: true },
    { requirement: b, granted: ['a'], is: false },
    { requirement: b, granted: ['b', 'a'], is: true },
    { requirement: b, granted: [ALL_ANY], is: true },
    { requirement: { kind: 'allOf', scopes: ['a', 'tokens:manage'] }, granted: [ALL_ANY], is: false },
    { requirement: { kind: 'allOf', scopes: [] }, granted: [ALL_ANY], is: false },
    { requirement: { kind: 'anyOf', scopes: [] }, granted: [ALL_ANY], is: false },
    { requirement: { kind: 'authenticated' }, granted: [], is: true },
    { requirement: { kind: 'public' }, granted: [ALL_ANY], is: false },
  ])('is $is for $requirement when $granted is granted', ({ requirement, granted, is }) => {
    expect(satisfies(new Set(granted), requirement)).toBe(is);
  });
});

describe('requiredScopes()', () => {
  it('names scopes when the requirement has any', () => {
    expect(requiredScopes({ kind: 'anyOf', scopes: ['a', 'b'] })).toEqual(['a', 'b']);
    expect(requiredScopes({ kind: 'authenticated' })).toEqual([]);
    expect(requiredScopes({ kind: 'public' })).toEqual([]);
  });
});
