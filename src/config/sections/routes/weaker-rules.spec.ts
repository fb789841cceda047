import { describe, expect, it } from 'vitest';
import { fileWith, isOfUse, loadConfigText } from '../../../../test/support/config.ts';
import { formatProblems } from '../../reading/problems.ts';

const SECTIONS = 'scopes: { a:read: {}, a:write: {} }\nroutes:';

describe('weakerRules() on a route without methods', () => {
  const WRITE = '{ method: POST, path: /a, scope: a:write }';

  it.each([
    [WRITE, '{ path: /a, public: true }'],
    [WRITE, '{ path: /a, authenticated: true }'],
    [WRITE, '{ path: /a, anyOf: [a:read, a:write] }'],
    [WRITE, '{ path: /a, scope: a:write, shadow: true }'],
    ['{ method: POST, path: /a, authenticated: true }', '{ path: /a, public: true }'],
    ['{ method: POST, path: /a, allOf: [a:read, a:write] }', '{ path: /a, scope: a:read }'],
    ['{ method: POST, path: /a, scope: a:write, bound: mtls }', '{ path: /a, scope: a:write }'],
    ['{ method: POST, path: "/{x}/b", scope: a:write }', '{ path: "/{y}/b", authenticated: true }'],
    ['{ method: POST, path: /a, hosts: [a, b], scope: a:write }', '{ path: /a, hosts: [b], authenticated: true }'],
  ])('warns next to %s: %s', (strict, weak) => {
    expect(warningsOf(strict, weak)).toEqual([
      expect.stringMatching(
        /^6:5: routes\[1\]: '.*' matches every other method and requires less than 'POST .*, routes\[0\] at line 5: list its methods$/,
      ),
    ]);
    expect(warningsOf(weak, strict)).toHaveLength(1);
  });

  it.each([
    [WRITE, '{ path: /a, scope: a:write }'],
    [WRITE, '{ path: /a, scope: a:read }'],
    ['{ method: POST, path: /a, scope: a:write, bound: any }', '{ path: /a, scope: a:write, bound: mtls }'],
    ['{ method: POST, path: /a, scope: a:write, bound: mtls, shadow: true }', '{ path: /a, public: true }'],
    [WRITE, '{ path: /a, allOf: [a:read, a:write] }'],
    [WRITE, '{ path: /b, public: true }'],
    [WRITE, '{ method: GET, path: /a, public: true }'],
    [WRITE, '{ path: /a, hosts: [b], public: true }'],
    ['{ method: GET, path: /a, public: true }', '{ path: /a, scope: a:write }'],
    ['{ method: GET, path: /a, authenticated: true, shadow: true }', '{ path: /a, public: true }'],
    ['{ method: POST, path: /a, hosts: [a], scope: a:write }', '{ path: /a, hosts: [b], public: true }'],
  ])('does not warn next to %s: %s', (strict, other) => {
    expect(warningsOf(strict, other)).toEqual([]);
  });
});

/** One route per line, from line 5 on. */
function warningsOf(...routes: string[]): string[] {
  const loaded = loadConfigText(fileWith(`${SECTIONS}\n${routes.map((route) => `  - ${route}`).join('\n')}`));
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  const warnings = loaded.warnings.filter((one) => !isOfUse(one));
  return warnings.map((warning) => formatProblems([warning]).replace(/^.*sallyport\.yaml:/, ''));
}
