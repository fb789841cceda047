import { describe, expect, it } from 'vitest';
import { configOf, fileWith, problemsOf } from '../../../../test/support/config.ts';

const env = { KEY: 'x'.repeat(64) };
const ONE = '11111111-aaaa-4aaa-8aaa-111111111111';
const TWO = '22222222-BBBB-4bbb-8bbb-222222222222';
const TEMPLATE = 'https://login.example/{tenantid}/v2.0';
const META = '{ url: "https://login.example/common/v2.0/.well-known/openid-configuration" }';

/** One issuer per line from line 4 on, in the order of these keys. */
function issuersWith(...issuers: string[]): string {
  return `issuers:\n${issuers.map((keys, index) => `  - { name: i${index}, ${keys} }`).join('\n')}`;
}

const jwks = (keys: string, audience = 'sms'): string =>
  `${keys}, audience: ${audience}, algorithms: [RS256], jwks: "https://them/jwks"`;
const discovery = (keys: string, written = 'true'): string =>
  `${keys}, audience: sms, algorithms: [RS256], discovery: ${written}`;
const secrets = (keys: string): string => `${keys}, audience: sms, algorithms: [HS256], secrets: [{ env: KEY }]`;
const introspection = (keys: string): string =>
  `${keys}, audience: any, introspection: { url: "https://them/i", clientId: gw, clientSecret: { env: KEY } }`;
const signing = (keys: string): string => `${keys}, signing: { algorithm: EdDSA }`;

function issuerOf(keys: string) {
  return configOf(issuersWith(keys), { env }).issuers[0];
}

function problemsIn(...issuers: string[]): string[] {
  return problemsOf(fileWith(issuersWith(...issuers)), { env }).map((found) => found.replace(/^\d+:\d+: issuers/, ''));
}

describe('several iss of one issuer', () => {
  it.each([
    ['jwks', jwks('issuer: [new, old]')],
    ['secrets', secrets('issuer: [new, old]')],
    ['introspection', introspection('issuer: [new, old]')],
    ['signing', signing('issuer: [new, old]')],
  ])('are accepted of an issuer with %s', (_, keys) => {
    expect(issuerOf(keys)).toMatchObject({ issuer: ['new', 'old'] });
  });

  it('begin with that of the metadata', () => {
    expect(issuerOf(discovery('issuer: ["https://accounts.google.com", accounts.google.com]'))).toMatchObject({
      issuer: ['https://accounts.google.com', 'accounts.google.com'],
      metadataIssuer: 'https://accounts.google.com',
    });
    expect(problemsIn(discovery('issuer: [accounts.google.com, "https://accounts.google.com"]'))).toEqual([
      '[0].issuer[0]: expected the https URL of the issuer',
    ]);
  });

  it.each<[keys: string, problem: string]>([
    [jwks('issuer: []'), '[0].issuer: must not be empty'],
    [jwks('issuer: [a, a]'), "[0].issuer[1]: 'a' is listed twice"],
    [jwks('issuer: [a, ""]'), '[0].issuer[1]: must not be empty'],
    [jwks('issuer: {}'), '[0].issuer: expected the value of `iss`, or a list of values, found a map'],
    [discovery('issuer: 7'), '[0].issuer: expected the https URL of the issuer'],
    [discovery('issuer: []'), '[0].issuer: must not be empty'],
  ])('are refused: %s', (keys, problem) => {
    expect(problemsIn(keys)).toEqual([problem]);
  });

  it('are unknown to no issuer without iss', () => {
    const [, other] = configOf(issuersWith(jwks('issuer: [new, old]'), secrets('requireSubject: s')), { env }).issuers;
    expect(other).toMatchObject({ claimedByOthers: new Set(['new', 'old']) });
  });
});

describe('a multi-tenant issuer', () => {
  it('accepts the iss of each tenant, and knows which is whose', () => {
    const keys = `issuer: ["${TEMPLATE}", "https://sts.example/{tenantid}/"], tenants: [${ONE}, ${TWO}]`;
    const two = TWO.toLowerCase();
    const tenants = new Map([
      [`https://login.example/${ONE}/v2.0`, ONE],
      [`https://login.example/${two}/v2.0`, two],
      [`https://sts.example/${ONE}/`, ONE],
      [`https://sts.example/${two}/`, two],
    ]);
    expect(issuerOf(jwks(keys))).toMatchObject({ issuer: [...tenants.keys()], tenants });
    expect(issuerOf(discovery(keys, META))).toMatchObject({ tenants, metadataIssuer: TEMPLATE });
  });

  it.each<[keys: string, ...problems: string[]]>([
    [
      jwks(`issuer: "${TEMPLATE}"`),
      '[0].issuer: {tenantid} needs tenants: the ids of the tenants whose tokens are accepted, for an issuer with jwks or discovery',
    ],
    [
      signing(`issuer: ["us", "${TEMPLATE}"]`),
      '[0].issuer[1]: {tenantid} needs tenants: the ids of the tenants whose tokens are accepted, for an issuer with jwks or discovery',
    ],
    [
      introspection(`issuer: "${TEMPLATE}"`),
      '[0].issuer: {tenantid} needs tenants: the ids of the tenants whose tokens are accepted, for an issuer with jwks or discovery',
    ],
    [secrets(`issuer: "${TEMPLATE}", tenants: [${ONE}]`), expect.stringContaining('[0]: unknown key')],
    [
      jwks(`issuer: "https://login.example/{tenant}/v2.0", tenants: [${ONE}]`),
      "[0].issuer: unknown placeholder '{tenant}': expected {tenantid}",
    ],
    [
      jwks(`issuer: ["${TEMPLATE}", "https://b"], tenants: [${ONE}]`),
      '[0].issuer[1]: expected {tenantid} in it, since the issuer has tenants',
    ],
    [jwks(`issuer: "${TEMPLATE}", tenants: []`), '[0].tenants: must not be empty'],
    [
      jwks(`issuer: "${TEMPLATE}", tenants: [contoso.onmicrosoft.com]`),
      "[0].tenants[0]: expected the id of a tenant, a GUID, found 'contoso.onmicrosoft.com'",
    ],
    [jwks(`issuer: "${TEMPLATE}", tenants: any`), "[0].tenants: expected a list of tenants, found 'any'"],
    [
      jwks(`issuer: "${TEMPLATE}", tenants: [${TWO}, ${TWO.toLowerCase()}]`),
      expect.stringContaining('is listed twice'),
    ],
    [
      discovery(`issuer: "${TEMPLATE}", tenants: [${ONE}]`),
      '[0].discovery: an issuer with {tenantid} has no address: name its metadata, such as { url: https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration }',
    ],
  ])('is refused: %s', (keys, ...problems) => {
    expect(problemsIn(keys)).toEqual(problems);
  });
});

describe('two issuers with one iss', () => {
  const APART = 'two issuers with one iss need audiences that tell their tokens apart';

  it('have audiences that tell their tokens apart', () => {
    const issuers = [jwks('issuer: us', '[web, cli]'), jwks('issuer: us', 'batch'), introspection('issuer: us')];
    expect(configOf(issuersWith(...issuers), { env }).issuers).toHaveLength(3);
  });

  it('may accept one template for other tenants', () => {
    const of = (tenant: string): string => jwks(`issuer: "${TEMPLATE}", tenants: [${tenant}]`);
    expect(configOf(issuersWith(of(ONE), of(TWO)), { env }).issuers).toHaveLength(2);
    expect(problemsIn(of(ONE), of(ONE))).toEqual([expect.stringContaining(`${APART}, and both accept 'sms'`)]);
  });

  it.each<[first: string, second: string, why: string]>([
    [jwks('issuer: us', '[a, b]'), jwks('issuer: us', '[c, b]'), `: ${APART}, and both accept 'b'`],
    [jwks('issuer: us', 'any'), jwks('issuer: us', 'a'), `: ${APART}, and neither may be 'any'`],
    [jwks('issuer: us', 'a'), jwks('issuer: us', 'any'), `: ${APART}, and neither may be 'any'`],
    [jwks('issuer: [x, us]', 'a'), jwks('issuer: [us, y]', 'a'), `: ${APART}, and both accept 'a'`],
    [signing('issuer: us, audience: a'), jwks('issuer: us', 'b'), ''],
  ])('are refused otherwise: %s and %s', (first, second, why) => {
    expect(problemsIn(first, second)).toEqual([`[1].issuer: 'us' is already the issuer of issuers[0] at line 4${why}`]);
  });

  it('are refused once, whatever they share', () => {
    expect(problemsIn(jwks('issuer: [a, b, c]'), jwks('issuer: [c, b, a]'))).toHaveLength(1);
  });
});
