import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { loadConfigText } from '../../../test/support/config.ts';
import { formatProblems } from '../reading/problems.ts';
import type { Tested } from './test-file.ts';
import { readTestFile } from './test-file.ts';

const CONFIG = `version: 1
listen: { extAuthz: 127.0.0.1:9191 }
issuers:
  - { name: own, issuer: "https://own.local", signing: { algorithm: EdDSA } }
  - { name: corporate, issuer: "https://login.example.com", audience: shop, algorithms: [RS256], discovery: true }
  - { name: opaque, audience: any, introspection: { url: "https://as.example.com/i", clientId: gw, clientSecret: { env: S } } }
identity: { claims: { email: x-auth-email }, token: { audience: shop-services } }
routes: [{ path: /m, authenticated: true }]
`;

function tested(): Tested {
  const loaded = loadConfigText(CONFIG, { env: { S: 'x' } });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.config;
}

const TESTED = tested();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-tests-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

async function read(text: string) {
  const file = join(folder, 'tests.yaml');
  await writeFile(file, text);
  return readTestFile(file, TESTED);
}

/** The problems, without the folder. */
async function problemsOf(text: string): Promise<string> {
  const found = await read(text);
  return found.outcome === 'read' ? '' : formatProblems(found.problems).replaceAll(`${folder}/`, '');
}

/** The problems of a case, which is on line 3. */
function problemsOfCase(members: string): Promise<string> {
  return problemsOf(`version: 1\ncases:\n  - { method: GET, path: /m, ${members} }\n`);
}

describe('readTestFile()', () => {
  it('reads a case with its place and what it leaves out', async () => {
    const found = await read(`version: 1
now: 2026-11-27T12:00:00Z
cases:
  - method: GET
    path: /m
    headers: { Origin: "https://a", x-b: ["1", "2"] }
    expect: { outcome: allow }
  - name: second
    method: GET
    path: /m
    now: 2026-11-28
    expect: { reason: token_expired }
`);
    const [first, second] = found.outcome === 'read' ? found.cases : [];
    expect(second).toMatchObject({ line: 8, name: 'second', nowMs: Date.parse('2026-11-28') });
    expect(first).toEqual({
      file: join(folder, 'tests.yaml'),
      rulings: new Map(),
      line: 4,
      name: 'GET /m',
      method: 'GET',
      host: '',
      path: '/m',
      headers: [
        ['origin', 'https://a'],
        ['x-b', '1'],
        ['x-b', '2'],
      ],
      nowMs: Date.parse('2026-11-27T12:00:00Z'),
      credential: { kind: 'none' },
      expect: { outcome: 'allow', identity: new Map() },
    });
  });

  it.each([
    ['reason: token_expired', 'deny'],
    ['status: 401', 'deny'],
    ['scope: a:b', 'deny'],
    ['check: aud', 'deny'],
    ['route: /m', 'allow'],
    ['shadow: true, reason: token_expired', 'allow'],
    ['identity: { x-auth-subject: ada }', 'allow'],
    ['identity: { x-auth-email: ada }', 'allow'],
  ])('takes { %s } to expect %s', async (members, outcome) => {
    const found = await read(`version: 1\ncases: [{ method: GET, path: /m, expect: { ${members} } }]\n`);
    expect(found).toMatchObject({ outcome: 'read', cases: [{ expect: { outcome } }] });
  });

  it.each([
    ['', "tests.yaml:1:1: the file is empty: begin with 'version: 1'"],
    [
      'version: 2\ncases: [{ method: GET, path: /m, expect: { outcome: deny } }]',
      'tests.yaml:1:10: version: expected 1',
    ],
    ['version: 1\n', 'tests.yaml:1:1: cases: missing: expected a list of cases'],
    ['version: 1\ncases: {}\n', 'tests.yaml:2:1: cases: expected a list of cases, found a map'],
    ['version: 1\ncase: []\n', "unknown key 'case', did you mean 'cases'?"],
    ['version: 1\nnow: noon\ncases: [{}]\n', 'tests.yaml:2:6: now: expected a date such as'],
    ['- a\n', 'expected a map'],
    ['version: [\n', 'tests.yaml:2:1: '],
  ])('refuses the file %j', async (text, problem) => {
    expect(await problemsOf(text)).toContain(problem);
  });

  it('refuses a file that is not there', () => {
    const found = readTestFile(join(folder, 'none.yaml'), TESTED);
    expect(found).toMatchObject({
      outcome: 'unreadable',
      problems: [{ message: 'cannot read the file: no such file' }],
    });
  });

  it.each([
    ['expect: {}', '3:30: cases[0].expect: expects nothing'],
    ['name: x', 'cases[0].expect: missing: expected a map'],
    ['expct: { outcome: allow }', "unknown key 'expct', did you mean 'expect'?"],
    ['expect: { outcome: denied }', "cases[0].expect.outcome: expected allow or deny, found 'denied'"],
    ['expect: { reason: token_expird }', "did you mean 'token_expired'?"],
    ['expect: { outcome: allow, reason: token_expired }', 'a request that is allowed has no reason'],
    ['expect: { outcome: allow, status: 200 }', 'Sallyport sets the status of denials only'],
    ['expect: { outcome: deny, shadow: true }', 'cases[0].expect.shadow: nothing reaches the upstream'],
    [
      'expect: { outcome: deny, identity: { x-auth-subject: a } }',
      'cases[0].expect.identity: nothing reaches the upstream',
    ],
    [
      'expect: { identity: { x-auth-subjct: a } }',
      "'x-auth-subjct' is not set by Sallyport: expected x-auth-subject, ",
    ],
    [
      'expect: { identity: { X-Auth-Token: a } }',
      "'X-Auth-Token' is signed anew each time, so that no test can expect",
    ],
    ['expect: { identity: { x-auth-subject: 1 } }', 'expected a value in quotes, or null, found 1'],
    ['headers: { Authorization: x }, expect: { outcome: deny }', "write this field as 'credential' of the case"],
    ['headers: { host: x }, expect: { outcome: deny }', "write this field as 'host' of the case"],
    ['headers: { "a b": x }, expect: { outcome: deny }', "'a b' is not the name of a header field"],
    ['headers: { Origin: x, origin: y }, expect: { outcome: deny }', "'Origin' is the same field: use a list"],
    ['headers: { origin: 1 }, expect: { outcome: deny }', 'expected a value'],
    ['credential: some, expect: { outcome: deny }', "expected 'none', or a map with one of issuer, token and basic"],
    [
      'credential: {}, expect: { outcome: deny }',
      'cases[0].credential.issuer: missing: expected the name of an issuer',
    ],
    ['credential: { issuer: corprate }, expect: { outcome: deny }', "no issuer 'corprate', did you mean 'corporate'?"],
    [
      'credential: { issuer: corporate, expiresIn: soon }, expect: { outcome: deny }',
      'expected a duration such as 5m, or -5m',
    ],
    [
      'credential: { issuer: corporate, use: login }, expect: { outcome: deny }',
      'only tokens of our own issuer have one',
    ],
    [
      'credential: { issuer: corporate, algorithm: none }, expect: { outcome: deny }',
      'cases[0].credential.algorithm: expected HS256',
    ],
    ['credential: { issuer: opaque, forged: true }, expect: { outcome: deny }', "the tokens of 'opaque' are opaque"],
    [
      'credential: { basic: { password: hunter2 } }, expect: { outcome: deny }',
      'cases[0].credential.basic.password: expected right or wrong',
    ],
    ['credential: { token: { file: ./none } }, expect: { outcome: deny }', 'cannot read the file: no such file'],
  ])('refuses a case with %s', async (members, problem) => {
    expect(await problemsOfCase(members)).toContain(problem);
  });

  it('names every problem of every case', async () => {
    const problems = await problemsOf(
      'version: 1\ncases:\n  - { method: GET, expect: {} }\n  - { path: /m, expect: { outcome: x } }\n',
    );
    expect(problems.split('\n').map((line) => line.split(': ')[1])).toEqual([
      'cases[0].path',
      'cases[1].method',
      'cases[1].expect.outcome',
    ]);
  });

  it.each([
    ['two words', '', 'the file does not hold one bearer token and nothing else'],
    ['', '', 'the file does not hold one bearer token and nothing else'],
    ['not-a-jwt', ', issuer: corporate', 'the token is no JWT of an algorithm that a test can sign with'],
    [
      'eyJhbGciOiJub25lIn0.e30.',
      ', issuer: corporate',
      'the token is no JWT of an algorithm that a test can sign with',
    ],
    ['opaque-token', ', issuer: opaque', "the tokens of 'opaque' are opaque: write its claims"],
    ['opaque-token', ', issuer: nobody', "the configuration has no issuer 'nobody'"],
  ])('refuses a token file with %j%s, and quotes nothing of it', async (contents, issuer, problem) => {
    await writeFile(join(folder, 'token'), contents);
    const problems = await problemsOfCase(`credential: { token: { file: token${issuer} } }, expect: { outcome: deny }`);
    expect(problems).toContain(problem);
    if (contents !== '') expect(problems).not.toContain(contents);
  });
});
