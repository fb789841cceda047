import { describe, expect, it } from 'vitest';
import { configOf, fileWith, isOfUse, loadConfigText, problemsOf } from '../../../../test/support/config.ts';
import { formatProblems } from '../../reading/problems.ts';

const SECTIONS = 'clockSkew: 10s\nroutes:\n  - ';

function readWhere(where: string, path = '/tenants/{tenant}/{id}'): unknown {
  return configOf(`${SECTIONS}{ path: "${path}", authenticated: true, where: ${where} }`).routes[0]?.where;
}

function refusals(where: string, path = '/tenants/{tenant}/{id}'): string[] {
  return problemsOf(fileWith(`${SECTIONS}{ path: "${path}", authenticated: true, where: ${where} }`));
}

describe('routes[].where', () => {
  it('reads claims, templates and the age of the authentication', () => {
    const where =
      '{ tenant: "{path.tenant}", realm_access.roles: { contains: ["t:{path.tenant}:admin", root] }, acr: { oneOf: [gold, silver] }, authAgeAtMost: 15m }';
    expect(readWhere(where)).toEqual({
      claims: [
        {
          claim: ['tenant'],
          key: 'tenant',
          condition: { kind: 'equals', values: [] },
          templates: [{ text: '{path.tenant}', before: '', segment: 1, after: '' }],
        },
        {
          claim: ['realm_access', 'roles'],
          key: 'realm_access.roles',
          condition: { kind: 'contains', values: ['root'] },
          templates: [{ text: 't:{path.tenant}:admin', before: 't:', segment: 1, after: ':admin' }],
        },
      ],
      stepUp: { acr: ['gold', 'silver'], authAge: { atMostSeconds: 900, clockSkewMs: 10_000 } },
    });
  });

  it('reads a claim as a JSON array of the names that lead to it, like require', () => {
    const where = `{ '["https://example.com/app","tenant"]': acme }`;
    expect(readWhere(where)).toMatchObject({ claims: [{ claim: ['https://example.com/app', 'tenant'] }] });
  });

  it.each([
    ['{ acr: gold }', ['gold']],
    ['{ acr: [gold, silver] }', ['gold', 'silver']],
    ['{ acr: { equals: "urn:mace:incommon:iap:silver" } }', ['urn:mace:incommon:iap:silver']],
  ])('asks for a step-up with %s', (where, acr) => {
    expect(readWhere(where)).toEqual({ claims: [], stepUp: { acr, authAge: undefined } });
  });

  it.each(['{ acr: { present: true } }', '{ acr: 2 }', '{ acr: { prefix: "urn:" } }', '{ acr: "{path.tenant}" }'])(
    'asks for none with %s, which no challenge can name',
    (where) => {
      expect(readWhere(where)).toMatchObject({ claims: [{ key: 'acr' }], stepUp: undefined });
    },
  );

  const AT = 'routes[0].where';

  it.each([
    ['{}', `${AT}: must not be empty`],
    ['gold', `${AT}: expected a map of claims and what each must be, found 'gold'`],
    ['{ tenant: { is: acme } }', `${AT}.tenant: unknown key`],
    ['{ a..b: x }', `${AT}: 'a..b' is not the name of a claim`],
    ['{ __proto__: x, a: b }', `${AT}: '__proto__' is not the name of a claim`],
    [`{ acr: [a], '["acr"]': [b] }`, `${AT}: the claim 'acr' is written twice`],
    ['{ auth_age_at_most: 15m }', `${AT}: 'auth_age_at_most': write authAgeAtMost`],
    ['{ authAgeAtMost: 900 }', `${AT}.authAgeAtMost: expected a duration from 1s to 365d`],
    ['{ authAgeAtMost: 0s }', `${AT}.authAgeAtMost: expected a duration from 1s to 365d`],
    [`{ '["a"': x }`, `${AT}: '["a"' is not the name of a claim`],
    [`{ '["a","b"]': x, a.b: y }`, `${AT}: the claim 'a.b' is written twice`],
    ["{ a.b/c: x, 'a\\.b/c': y }", `${AT}: the claim 'a.b/c' is written twice`],
    ['{ acr: "two words" }', `${AT}.acr: a challenge cannot name 'two words'`],
    ["{ acr: 'a\"b' }", `${AT}.acr: a challenge cannot name 'a"b'`],
    ['{ tenant: "{path.org}" }', `${AT}.tenant: '/tenants/{tenant}/{id}' has no {org}: it has {tenant} and {id}`],
    ['{ tenant: "{tenant}" }', `${AT}.tenant: write {path.tenant} for the value of {tenant} in the path`],
    ['{ tenant: "{path.tenant}-{path.id}" }', `${AT}.tenant: expected one {path.name} in a value, found`],
    ['{ tenant: "{ path.tenant }" }', `${AT}.tenant: expected one {path.name} in a value, found`],
    ['{ tenant: { prefix: "{path.tenant}" } }', `${AT}.tenant: '{path.tenant}' cannot be a prefix`],
  ])('refuses %s', (where, message) => {
    const found = refusals(where);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('names no parameter of a path without any', () => {
    expect(refusals('{ tenant: "{path.tenant}" }', '/tenants/**')).toEqual([
      expect.stringContaining("'/tenants/**' has no {tenant}: it has no parameters"),
    ]);
  });

  it('is refused on a public route', () => {
    expect(problemsOf(fileWith(`${SECTIONS}{ path: /a, public: true, where: { tenant: acme } }`))).toEqual([
      expect.stringContaining('routes[0].where: a public route authenticates no one: where has no effect here'),
    ]);
  });
});

describe('a route without methods beside one with conditions', () => {
  function warnings(...routes: readonly string[]): readonly string[] {
    const loaded = loadConfigText(fileWith(`routes:\n${routes.map((route) => `  - ${route}`).join('\n')}`));
    if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
    return formatProblems(loaded.warnings.filter((one) => !isOfUse(one)))
      .split('\n')
      .filter((line) => line.includes('requires less'));
  }

  const POST = '{ method: POST, path: "/{t}", authenticated: true, where: { tenant: "{path.t}", acr: [gold] } }';

  it.each([
    ['{ path: "/{t}", authenticated: true }', 1],
    ['{ path: "/{t}", authenticated: true, where: { acr: [gold] } }', 1],
    ['{ path: "/{t}", authenticated: true, where: { tenant: acme } }', 0],
    ['{ path: "/{u}", authenticated: true, where: { tenant: "{path.u}", acr: [gold] } }', 0],
    ['{ path: "/{t}", authenticated: true, where: { tenant: "{path.t}", acr: [gold], aud: x } }', 0],
  ])('is warned of if it admits more: %s', (other, count) => {
    expect(warnings(POST, other)).toHaveLength(count);
  });
});
