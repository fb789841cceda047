import { describe, expect, it } from 'vitest';
import { configOf, fileWith, isOfUse, loadConfigText, problemsOf } from '../../../../test/support/config.ts';

const ENV = { PDP_KEY: 'Bearer abc' };
const ROUTE = 'routes: [{ path: /a, authenticated: true, where: { authzen: opa } }]';

function pointOf(point: string) {
  return configOf(`decisionPoints: { opa: ${point} }\n${ROUTE}`, { env: ENV }).decisionPoints.get('opa');
}

function refusals(point: string, more = ''): string[] {
  return problemsOf(fileWith(`${more}\ndecisionPoints: { opa: ${point} }\n${ROUTE}`), { env: ENV });
}

describe('decisionPoints', () => {
  it('reads a URL, and asks at each decision by default', () => {
    expect(pointOf('{ url: "https://pdp.example.com/access/v1/evaluation" }')).toEqual({
      name: 'opa',
      url: new URL('https://pdp.example.com/access/v1/evaluation'),
      access: undefined,
      timeoutMs: 50,
      cacheMs: 0,
      claims: [],
      subjectType: 'user',
    });
  });

  it('reads what is written', () => {
    const point =
      '{ url: "https://pdp.example.com/v1/data", headers: { Authorization: { env: PDP_KEY } }, timeout: 100ms, cache: 500ms, claims: [tenant, realm_access.roles], subjectType: person }';
    expect(pointOf(point)).toMatchObject({
      access: { hosts: ['pdp.example.com'] },
      timeoutMs: 100,
      cacheMs: 500,
      claims: [['tenant'], ['realm_access', 'roles']],
      subjectType: 'person',
    });
  });

  it('waits no longer than a decision may take', () => {
    const config = configOf(
      `timeouts: { decision: 30ms, store: 20ms }\ndecisionPoints: { opa: { url: "http://127.0.0.1:1/e" } }\n${ROUTE}`,
    );
    expect(config.decisionPoints.get('opa')?.timeoutMs).toBe(30);
  });

  it('tells a route what to ask, and what to tell', () => {
    const { routes } = configOf(`decisionPoints: { opa: { url: "http://127.0.0.1:1/e", claims: [tenant] } }\n${ROUTE}`);
    expect(routes[0]?.where).toEqual({
      claims: [],
      stepUp: undefined,
      decisionPoint: { name: 'opa', subjectType: 'user', claims: [['tenant']] },
    });
  });

  it.each([
    [
      '{ url: "http://pdp.example.com/e" }',
      'decisionPoints.opa.url: expected an https URL; http is accepted on loopback only',
    ],
    ['{ url: "https://user:pw@pdp.example.com/e" }', 'decisionPoints.opa.url: a URL must not contain credentials'],
    ['{ url: "https://pdp.example.com/e#x" }', 'decisionPoints.opa.url: the URL must not have a fragment'],
    ['{}', 'decisionPoints.opa.url: expected the https URL of a policy decision point'],
    [
      '{ url: "https://p.example.com/e", timeout: 151ms }',
      'decisionPoints.opa.timeout: must be at most timeouts.decision, which is 0.15 s',
    ],
    [
      '{ url: "https://p.example.com/e", cache: 2s }',
      'decisionPoints.opa.cache: must be at most revocation.maxStaleness, which is 1 s',
    ],
    ['{ url: "https://p.example.com/e", claims: ["a..b"] }', 'decisionPoints.opa.claims[0]: expected'],
    ['{ url: "https://p.example.com/e", retries: 3 }', 'decisionPoints.opa: unknown key'],
    [
      '{ url: "http://127.0.0.1:1/e", headers: { Authorization: { env: PDP_KEY } } }',
      'decisionPoints.opa.url: headers, tokenFile and ca need an https URL',
    ],
    ['{ url: "https://p.example.com/e", tokenFile: /no/such/file }', 'decisionPoints.opa.tokenFile:'],
  ])('refuses %s', (point, message) => {
    const found = refusals(point);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('refuses a name that metrics and logs could not carry', () => {
    const sections = 'decisionPoints: { "O P A": { url: "https://p.example.com/e" } }';
    expect(problemsOf(fileWith(sections))).toHaveLength(1);
  });

  it('refuses a route that asks an unknown one', () => {
    const sections = (name: string) =>
      `decisionPoints: { opa: { url: "https://p.example.com/e" } }\nroutes:\n  - { path: /a, authenticated: true, where: { authzen: opa } }\n  - { path: /b, authenticated: true, where: { authzen: ${name} } }`;
    expect(problemsOf(fileWith(sections('oppa')))).toEqual([
      expect.stringContaining("routes[1].where.authzen: unknown decision point 'oppa', did you mean 'opa'?"),
    ]);
    expect(problemsOf(fileWith('routes: [{ path: /b, authenticated: true, where: { authzen: opa } }]'))).toEqual([
      expect.stringContaining("unknown decision point 'opa': add it to decisionPoints"),
    ]);
  });

  it('warns of one that no route asks', () => {
    const loaded = loadConfigText(fileWith('decisionPoints: { opa: { url: "https://p.example.com/e" } }'));
    const messages = loaded.ok ? loaded.warnings.filter((one) => !isOfUse(one)).map(({ message }) => message) : [];
    expect(messages).toEqual(["no route asks 'opa': add where: { authzen: opa }"]);
  });

  it('may not be left out by an included file that takes requests from a rule with it', () => {
    const sections = `include: ["?.yaml"]\ndecisionPoints: { opa: { url: "https://p.example.com/e" } }\nroutes: [{ path: "/a/**", authenticated: true, where: { authzen: opa } }]`;
    const problems = (where: string) =>
      problemsOf(fileWith(sections), { files: { 'a.yaml': `routes: [{ path: /a/b, authenticated: true${where} }]` } });
    expect(problems('')).toEqual([expect.stringContaining("'/a/b' admits requests that '/a/**'")]);
    expect(problems(', where: { tenant: acme }')).toHaveLength(1);
    expect(problems(', where: { authzen: opa }')).toEqual([]);
  });
});
