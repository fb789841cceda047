import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Route } from '../../../core/route.ts';
import { plainRoute, RouteMap } from '../../../core/route.ts';
import type { Requirement } from '../../../core/scope.ts';
import { satisfies } from '../../../core/scope.ts';
import { tablesOf, widenedRules } from './widened-rules.ts';

const HOSTS = ['h', 'a.h', 'b.a.h', 'other'];
const METHODS = ['GET', 'HEAD', 'POST', 'ODD'];
const PATHS = ['/', '/a', '/a/', '/b', '/a/a', '/a/b', '/b/b', '/a/b/', '/a/b/c'];
/** The scopes of a caller; `undefined` without a credential. */
const CALLERS = [undefined, [], ['x:x'], ['y:y'], ['x:x', 'y:y']];

const requirement = fc.constantFrom<Requirement>(
  { kind: 'public' },
  { kind: 'authenticated' },
  { kind: 'allOf', scopes: ['x:x'] },
  { kind: 'anyOf', scopes: ['x:x', 'y:y'] },
  { kind: 'allOf', scopes: ['x:x', 'y:y'] },
);
const pattern = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '{x}'), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '/', '/**', undefined),
  )
  .map(([segments, end]) => (end === undefined ? '/**' : `/${segments.join('/')}${end}`));
const route = fc
  .record({
    pattern,
    requirement,
    hosts: fc.oneof(fc.constant([]), fc.subarray(['h', 'a.h', '*.h', '*.a.h'], { minLength: 1, maxLength: 2 })),
    methods: fc.oneof(fc.constant([]), fc.subarray(['GET', 'HEAD', 'POST'], { minLength: 1 })),
    shadow: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  })
  .map(plainRoute);
const file = fc.array(route, { minLength: 1, maxLength: 4 });

const REQUESTS = HOSTS.flatMap((host) => METHODS.flatMap((method) => PATHS.map((path) => ({ host, method, path }))));

function admits(rule: Route | 'none' | 'ambiguous', scopes: readonly string[] | undefined): boolean {
  if (typeof rule === 'string') return false;
  if (rule.shadow || rule.requirement.kind === 'public') return true;
  return scopes !== undefined && satisfies(new Set(scopes), rule.requirement);
}

it('no file admits a request that another one decides and denies, as the route map reads them', () => {
  fc.assert(
    fc.property(file, fc.array(file, { minLength: 1, maxLength: 2 }), (main, included) => {
      const files = [main, ...included];
      const merged = new RouteMap(files.flat());
      fc.pre(merged.conflicts.length === 0);
      const effort = { left: 100_000 };
      fc.pre(
        included.every((routes) =>
          files.every((other) => other === routes || widenedRules(routes, tablesOf(other), effort)?.length === 0),
        ),
      );
      const own = files.map((routes) => new RouteMap(routes));
      for (const { host, method, path } of REQUESTS) {
        const rule = merged.match(host, method, path);
        if (typeof rule === 'string' || main.includes(rule)) continue;
        for (const [index, map] of own.entries()) {
          if (files[index]?.includes(rule) === true) continue;
          const decides = METHODS.some((any) => map.match(host, any, path) !== 'none');
          if (!decides) continue;
          for (const scopes of CALLERS) {
            if (!admits(rule, scopes)) continue;
            const context = `${host} ${method} ${path} as ${JSON.stringify(scopes)} by ${rule.pattern}`;
            expect({ context, admits: admits(map.match(host, method, path), scopes) }).toEqual({
              context,
              admits: true,
            });
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});
