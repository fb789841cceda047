import { describe, expect, it } from 'vitest';
import { fileWith, problemsOf } from '../../../../test/support/config.ts';

const SECTIONS = `include: ["?.yaml"]
issuers:
  - { name: own, issuer: us, signing: { algorithm: EdDSA } }
  - { name: partner, audience: sms, algorithms: [HS256], secrets: [{ env: KEY }] }
scopes: { a:read: {}, a:write: {} }
basic: { routes: true }`;

const listed = (routes: readonly string[]): string => routes.map((route) => `\n  - ${route}`).join('') || ' []';

/** The problems of routes in a main file, and in one or two included ones. */
function problems(main: readonly string[], ...included: readonly (readonly string[])[]): string[] {
  const files = Object.fromEntries(
    included.map((routes, index) => [`${'ab'[index]}.yaml`, `routes:${listed(routes)}`]),
  );
  return problemsOf(fileWith(`${SECTIONS}\nroutes:${listed(main)}`), { env: { KEY: 'x'.repeat(64) }, files });
}

describe('a route of an included file may not admit more than a rule of the main file', () => {
  it.each<[what: string, rule: string, route: string]>([
    ['below a wildcard', '{ path: "/x/**", scope: a:read }', '{ path: /x/y, public: true }'],
    ['in place of a parameter', '{ path: "/x/{id}", scope: a:read }', '{ path: /x/y, authenticated: true }'],
    ['without a bound token', '{ path: "/x/**", scope: a:read, bound: any }', '{ path: /x/y, scope: a:read }'],
    [
      'with a token bound otherwise',
      '{ path: "/x/**", scope: a:read, bound: mtls }',
      '{ path: /x/y, scope: a:read, bound: any }',
    ],
    ['by another scope', '{ path: "/x/**", scope: a:read }', '{ path: /x/y, scope: a:write }'],
    [
      'by one of several scopes',
      '{ path: "/x/**", allOf: [a:read, a:write] }',
      '{ path: /x/y, anyOf: [a:read, a:write] }',
    ],
    ['in shadow mode', '{ path: "/x/**", scope: a:read }', '{ path: /x/y, scope: a:read, shadow: true }'],
    ['for one host', '{ path: /x, scope: a:read }', '{ path: /x, public: true, hosts: [h] }'],
    ['for one host, by a wider path', '{ path: /x/y, scope: a:read }', '{ path: "/**", public: true, hosts: [h] }'],
    [
      'for one host of several',
      '{ path: /x, scope: a:read, hosts: ["*.example.com"] }',
      '{ path: /x, public: true, hosts: [api.example.com] }',
    ],
    [
      'for several hosts of several',
      '{ path: /x, scope: a:read, hosts: ["*.example.com"] }',
      '{ path: /x, public: true, hosts: ["*.eu.example.com"] }',
    ],
    ['for one method of all', '{ path: /x, scope: a:read }', '{ path: /x, method: GET, public: true }'],
    ['for HEAD', '{ path: /x, method: GET, scope: a:read }', '{ path: /x, method: HEAD, public: true }'],
    ['for further issuers', '{ path: "/x/**", scope: a:read, issuers: [own] }', '{ path: /x/y, scope: a:read }'],
    [
      'without a condition',
      '{ path: "/t/{x}/**", scope: a:read, where: { tenant: "{path.x}" } }',
      '{ path: "/t/{x}/y", scope: a:read }',
    ],
    [
      'with a wider condition',
      '{ path: "/t/**", scope: a:read, where: { tenant: [a, b] } }',
      '{ path: /t/y, scope: a:read, where: { tenant: [a, c] } }',
    ],
    [
      'with a condition on another part of the path',
      '{ path: "/t/{x}/{y}", scope: a:read, where: { tenant: "{path.x}" } }',
      '{ path: "/t/z/{y}", scope: a:read, where: { tenant: "{path.y}" } }',
    ],
    [
      'with an older authentication',
      '{ path: "/t/**", scope: a:read, where: { authAgeAtMost: 5m } }',
      '{ path: /t/y, scope: a:read, where: { authAgeAtMost: 10m } }',
    ],
    ['for a cookie', '{ path: "/x/**", scope: a:read }', '{ path: /x/y, scope: a:read, credentials: [{ cookie: s }] }'],
    [
      'for a further header',
      '{ path: "/x/**", scope: a:read, credentials: [{ header: x-a }] }',
      '{ path: /x/y, scope: a:read, credentials: [{ header: x-a }, { header: x-b }] }',
    ],
    [
      'for Authorization',
      '{ path: "/x/**", scope: a:read, credentials: [{ header: x-a }] }',
      '{ path: /x/y, scope: a:read }',
    ],
    [
      'for a further origin',
      '{ path: "/x/**", scope: a:read, credentials: [{ cookie: s }] }',
      '{ path: /x/y, scope: a:read, credentials: [{ cookie: s, origins: ["https://a.example"] }] }',
    ],
    ['for Basic', '{ path: "/x/**", scope: a:read, basic: false }', '{ path: /x/y, scope: a:read }'],
  ])('%s', (_what, rule, route) => {
    expect(problems([rule], [route])).toEqual([
      expect.stringMatching(
        /^a\.yaml:2:5: routes\[0\]: '.*' admits requests that '.*', routes\[0\] at sallyport\.yaml:10 denies: require/,
      ),
    ]);
  });

  it.each<[what: string, rule: string, route: string, method: string]>([
    [
      'on the same path',
      '{ path: /x, method: GET, scope: a:read }',
      '{ path: /x, method: POST, scope: a:read }',
      'POST',
    ],
    [
      'on a path below',
      '{ path: "/x/**", method: GET, scope: a:read }',
      '{ path: /x/y, method: PUT, scope: a:read }',
      'PUT',
    ],
    [
      'on the same path, for the rest',
      '{ path: /x, method: GET, public: true }',
      '{ path: /x, scope: a:read }',
      'any other method',
    ],
  ])('for a method that the rule does not list, %s', (_what, rule, route, method) => {
    expect(problems([rule], [route])).toEqual([
      expect.stringMatching(
        new RegExp(
          `^a\\.yaml:2:5: routes\\[0\\]: '.*' admits ${method}, which '.*', routes\\[0\\] at sallyport\\.yaml:10 does not list: write`,
        ),
      ),
    ]);
  });

  it.each<[what: string, rule: string, route: string]>([
    ['as much', '{ path: "/x/**", scope: a:read }', '{ path: "/x/{y}", scope: a:read }'],
    ['a bound token', '{ path: "/x/**", scope: a:read, bound: any }', '{ path: /x/y, scope: a:read, bound: mtls }'],
    ['more scopes', '{ path: "/x/**", authenticated: true }', '{ path: /x/y, scope: a:read }'],
    ['a credential', '{ path: "/**", public: true }', '{ path: /x, scope: a:read }'],
    ['fewer issuers', '{ path: "/x/**", scope: a:read }', '{ path: /x/y, scope: a:read, issuers: [own] }'],
    ['anything, on another path', '{ path: "/x/**", scope: a:read }', '{ path: /xy, public: true }'],
    ['anything, on another host', '{ path: /x, scope: a:read, hosts: [h] }', '{ path: /x, public: true, hosts: [i] }'],
    ['anything, where the main file decides', '{ path: /x/y, scope: a:read }', '{ path: "/x/**", public: true }'],
    [
      'anything, for hosts that the rule does not concern',
      '{ path: /x, scope: a:read, hosts: [h] }',
      '{ path: /x, public: true }',
    ],
  ])('but may require %s', (_what, rule, route) => {
    expect(problems([rule], [route])).toEqual([]);
  });

  it('compares with the rule that decides, not with a wider one', () => {
    const main = ['{ path: "/x/**", scope: a:read }', '{ path: "/x/health", public: true }'];
    expect(problems(main, ['{ path: /x/health, public: true, hosts: [h] }'])).toEqual([]);
    expect(problems(main, ['{ path: "/x/{y}", public: true, hosts: [h] }'])).toHaveLength(1);
  });

  it('cannot be circumvented with a second file that hides the rule', () => {
    const main = ['{ path: /x, scope: a:read }'];
    const hiding = ['{ path: /other, public: true, hosts: ["*.example.com"] }'];
    expect(problems(main, hiding, ['{ path: /x, public: true, hosts: [api.example.com] }'])).toEqual([
      expect.stringMatching(/^b\.yaml:2:5: /),
    ]);
  });
});

it('files of two teams are protected from each other, and the main file may admit anything', () => {
  const strict = ['{ path: "/x/**", scope: a:read }'];
  expect(problems([], strict, ['{ path: /x/y, public: true }'])).toEqual([
    "b.yaml:2:5: routes[0]: '/x/y' admits requests that '/x/**', routes[0] at a.yaml:2 denies: require as much, or write this route in that file",
  ]);
  expect(problems(['{ path: /x/y, public: true }'], strict)).toEqual([]);
});
