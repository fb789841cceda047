import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REASONS } from '../../src/core/reason.ts';
import {
  ACCOUNT,
  auth0Token,
  type CaseIssuers,
  claims,
  corporateToken,
  startCaseIssuers,
} from '../support/servers/case-issuers.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

const MESSAGES = '/3rdparty/v1/messages';

let issuers: CaseIssuers;
let sallyport: Sallyport;
/** The reasons that were explained. */
const explained = new Set<string>();

beforeAll(async () => {
  issuers = await startCaseIssuers();
  const edit = (config: Record<string, unknown>): void => {
    issuers.configure(config);
    const route = { method: 'GET', authenticated: true, basic: false };
    (config['routes'] as object[]).push(
      { ...route, path: `${MESSAGES}/x/tenant`, where: { tenant: { equals: 'globex' } } },
      { ...route, path: `${MESSAGES}/x/acr`, where: { acr: { oneOf: ['gold'] } } },
      {
        method: 'POST',
        path: `${MESSAGES}/x/places`,
        authenticated: true,
        basic: false,
        credentials: [{ header: 'x-token' }, { cookie: '__Host-session', origins: ['https://app.example'] }],
      },
    );
    // Of the example configuration and of `configure`.
    for (const issuer of config['issuers'] as Record<string, unknown>[]) {
      if (issuer['name'] === 'corporate')
        Object.assign(issuer, {
          allowScopes: ['messages:send', 'messages:list', 'access:introspect'],
          scopeMap: { 'Messages.Send': 'messages:send' },
        });
    }
  };
  sallyport = await startSallyport({ env: issuers.env, edit });
});

afterAll(async () => {
  await sallyport.close();
  issuers.close();
});

async function explain(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number; readonly output: string }> {
  const config = join(sallyport.folder, 'sallyport.yaml');
  const answer = await runSallyport(['explain', ...args, '--config', config], { env: issuers.env, input });
  const reason = /^denied: (\w+)/m.exec(answer.output)?.[1];
  if (reason !== undefined) explained.add(reason);
  if (input !== '') expect(answer.output).not.toContain(input.slice(0, 40));
  return answer;
}

/** `POST /explain` of the running Sallyport. */
async function ask(question: object, authorization = `Bearer ${callerToken()}`) {
  const answer = await fetch(`http://127.0.0.1:${sallyport.ports.admin}/explain`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify(question),
  });
  return { status: answer.status, body: await answer.text() };
}

function callerToken(): string {
  return corporateToken(issuers, 'RS256', claims({ jti: 'the caller', scope: 'access:introspect' }));
}

/** The lines of `sallyport_decisions_total`. */
async function decisions(): Promise<string> {
  const metrics = await fetch(`http://127.0.0.1:${sallyport.ports.admin}/metrics`);
  return (await metrics.text()).match(/^sallyport_decisions_total.*$/gm)?.join('\n') ?? '';
}

const bearer = ['--token-file', '-'];
const basic = ['--basic-file', '-'];

describe('sallyport explain, on the store of a running Sallyport', () => {
  it('explains each step of a request that passes', async () => {
    const token = corporateToken(issuers, 'RS256', claims({ jti: 't1', exp: 4_000_000_000 }));
    const { code, output } = await explain([...bearer, 'POST', MESSAGES], token);
    expect(code).toBe(0);
    expect(output).toBe(`ok    path          every parser reads it the same way
ok    route         ${MESSAGES} needs messages:send
ok    credential    one bearer credential
ok    verification  issuer corporate, subject alice, token id t1
ok    expiry        ends 2096-10-02T07:07:10.000Z, clock skew included
ok    issuer        the route takes any issuer
ok    revocation    5 entries could end it, none does
ok    proof         any bearer may use it
ok    scope         has messages:send, messages:list
ok    condition     the route has no conditions
allowed
`);
  });

  it('escapes control characters in a subject', async () => {
    const token = corporateToken(issuers, 'RS256', claims({ sub: 'x\nallowed\n\u001b[2J' }));
    const { output } = await explain([...bearer, 'GET', '/3rdparty/v1/devices'], token);
    expect(output).toContain('subject x\u{FFFD}allowed\u{FFFD}\u{FFFD}[2J,');
    expect(output).not.toMatch(/^allowed$/m);
  });

  it('stops at a public route', async () => {
    const { code, output } = await explain(['GET', '/health']);
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining('-     credential    the route is public'),
    });
  });

  it.each([
    ['path_rejected', ['GET', '/health/..'], () => '', /^FAIL {2}path .*two parsers/m],
    ['route_denied', ['DELETE', '/health/x'], () => '', /^FAIL {2}route .*no route/m],
    ['credentials_required', ['POST', MESSAGES], () => '', /^FAIL {2}credential .*no credential/m],
    ['invalid_request', [...bearer, 'POST', MESSAGES], () => 'a, Bearer b', /^FAIL {2}credential .*several/m],
    [
      'credentials_invalid',
      [...basic, 'POST', MESSAGES],
      () => `${ACCOUNT.name}:guess`,
      /^FAIL {2}verification .*password/m,
    ],
    [
      'token_invalid',
      [...bearer, 'POST', MESSAGES],
      (here: CaseIssuers) => corporateToken(here, 'RS256', claims({ aud: 'other' })),
      /^FAIL {2}verification .*aud, issuer corporate: aud is "other"; issuer corporate accepts "sms-api"$/m,
    ],
    [
      'token_invalid',
      [...bearer, 'POST', MESSAGES],
      (here: CaseIssuers) => auth0Token(here, { aud: 'other' }),
      /^FAIL {2}verification .*: issuer \(no iss; auth0-sms refuses aud\): iss is absent; aud is "other"; .*issuer auth0-sms accepts "urn:sms-gateway"$/m,
    ],
    [
      'token_expired',
      [...bearer, 'POST', MESSAGES],
      (here: CaseIssuers) => corporateToken(here, 'RS256', claims({ exp: 1_700_000_000 })),
      /^FAIL {2}expiry .*ended 2023-11-14T22:13:50/m,
    ],
    [
      'scope_required',
      [...bearer, 'GET', '/3rdparty/v1/devices'],
      (here: CaseIssuers) => corporateToken(here, 'RS256'),
      /^FAIL {2}scope .*needs devices:list, has messages:send, messages:list, issuer corporate$/m,
    ],
    [
      'condition_failed',
      [...bearer, 'GET', `${MESSAGES}/x/tenant`],
      (here: CaseIssuers) => corporateToken(here, 'RS256', claims({ tenant: 'acme' })),
      /^FAIL {2}condition .*tenant is "acme"; the route requires "globex"$/m,
    ],
    [
      'step_up_required',
      [...bearer, 'GET', `${MESSAGES}/x/acr`],
      (here: CaseIssuers) => corporateToken(here, 'RS256', claims({ acr: 'silver' })),
      /^FAIL {2}condition .*acr is "silver"; the route requires "gold"$/m,
    ],
  ])('explains %s', async (reason, args, credential, words) => {
    const { code, output } = await explain(args, credential(issuers));
    expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(words) });
    expect(output).toContain(`denied: ${reason}, `);
  });

  it('shows what the words of a token grant, and which it drops', async () => {
    const token = corporateToken(issuers, 'RS256', claims({ jti: 'words', scope: 'openid Messages.Send' }));
    const { output } = await explain([...bearer, 'GET', '/3rdparty/v1/devices'], token);
    const words = 'has messages:send, issuer corporate; dropped "openid": neither in scopeMap nor in allowScopes';
    expect(output).toContain(`needs devices:list, ${words}`);
    const { body } = await ask({ method: 'POST', path: MESSAGES, token });
    const steps = expect.arrayContaining([expect.objectContaining({ dropped: { words: ['openid'], more: 0 } })]);
    expect(JSON.parse(body)).toMatchObject({ outcome: 'allow', steps });
  });

  it.each<[place: string, origin: string | undefined, outcome: RegExp]>([
    ['header:x-token', undefined, /^allowed$/m],
    ['cookie:__Host-session', 'https://app.example', /^allowed$/m],
    ['cookie:__Host-session', 'https://evil.example', /^FAIL {2}credential .*origin/m],
    ['cookie:__Host-session', undefined, /^FAIL {2}credential .*origin/m],
    ['authorization', undefined, /^denied: credentials_required, 401$/m],
    ['query:x-token', undefined, /^denied: credentials_required, 401$/m],
  ])('explains a token in %s, of a page of %s, and so does POST /explain', async (place, origin, outcome) => {
    const token = corporateToken(issuers, 'RS256', claims({ exp: 4_000_000_000 }));
    const path = `${MESSAGES}/x/places`;
    const page = origin === undefined ? [] : ['--origin', origin];
    const { output } = await explain([...bearer, '--in', place, ...page, 'POST', path], token);
    expect(output).toMatch(outcome);
    const { body } = await ask({ method: 'POST', path, token, in: place, origin });
    const { steps, conclusion } = JSON.parse(body);
    expect(output).toContain(conclusion[0]);
    expect(steps.find(({ name }: { name: string }) => name === 'credential').outcome).toBe(
      output.includes('FAIL  credential') ? 'failed' : 'passed',
    );
  });

  it.each([
    [['--in', 'cookie:session', 'GET', '/health'], '--in needs --token-file'],
    [[...bearer, '--in', 'body', 'GET', '/health'], "--in knows no place 'body'"],
    [['--origin', 'https://app.example', 'token_invalid'], '--origin needs METHOD and PATH'],
  ])('refuses %j', async (args, message) => {
    const { code, output } = await explain(args);
    expect(code).not.toBe(0);
    expect(output).toContain(message);
  });

  it.each<[what: string, payload: object, subject: string]>([
    ['a client without sub', { sub: undefined, client_id: 'report-job' }, 'report-job'],
    ['a number', { sub: 4711 }, '4711'],
    ['no subject at all', { sub: undefined }, 'urn:sallyport:no-subject'],
  ])('shows that a revocation by subject ends a token of %s', async (_what, payload, subject) => {
    const token = corporateToken(issuers, 'RS256', claims({ ...payload, exp: 4_000_000_000 }));
    expect((await explain([...bearer, 'POST', MESSAGES], token)).code).toBe(0);
    const config = ['--config', join(sallyport.folder, 'sallyport.yaml')];
    const revoke = ['token', 'revoke', '--issuer', 'corporate', '--subject', subject, ...config];
    expect((await runSallyport(revoke, { env: issuers.env })).code).toBe(0);
    const { output } = await explain([...bearer, 'POST', MESSAGES], token);
    expect(output).toContain('denied: token_revoked, ');
    const { body } = await ask({ method: 'POST', path: MESSAGES, token });
    expect(JSON.parse(body)).toMatchObject({ outcome: 'deny', reason: 'token_revoked' });
  });

  it('prints the same as JSON that the running Sallyport answers', async () => {
    const token = corporateToken(issuers, 'RS256', claims({ jti: 'again', aud: 'account' }));
    const config = join(sallyport.folder, 'sallyport.yaml');
    const args = ['explain', '--json', ...bearer, 'POST', MESSAGES, '--config', config];
    const { code, output } = await runSallyport(args, { env: issuers.env, input: token });
    const answer = await ask({ method: 'POST', path: MESSAGES, token });
    expect([code, answer.status]).toEqual([1, 200]);
    const explanation: unknown = JSON.parse(output);
    expect(explanation).toEqual(JSON.parse(answer.body));
    expect(explanation).toMatchObject({ outcome: 'deny', reason: 'token_invalid', status: 401, route: MESSAGES });
    expect(explanation).toMatchObject({
      steps: expect.arrayContaining([
        expect.objectContaining({
          name: 'verification',
          outcome: 'failed',
          check: 'aud',
          found: 'aud is "account"',
          expected: 'issuer corporate accepts "sms-api"',
        }),
      ]),
    });
    const meaning = await runSallyport(['explain', 'token_invalid', '--json']);
    expect(JSON.parse(meaning.output)).toMatchObject({ reason: 'token_invalid', meaning: expect.any(String) });
  });

  it('leaves no trace in the running Sallyport: no decision, no line, no token', async () => {
    const token = corporateToken(issuers, 'RS256', claims({ jti: 'traceless' }));
    const before = await decisions();
    const passed = await ask({ method: 'POST', path: MESSAGES, token });
    const refused = await ask({ method: 'GET', path: '/3rdparty/v1/devices', token });
    const unknown = await ask({ method: 'GET', path: '/nowhere', token: 'nonsense' });
    expect([passed, refused, unknown].map(({ body }) => JSON.parse(body))).toMatchObject([
      { outcome: 'allow' },
      { outcome: 'deny', reason: 'scope_required' },
      { outcome: 'deny', reason: 'route_denied' },
    ]);
    expect(await decisions()).toBe(before);
    for (const text of [passed.body, refused.body, unknown.body, sallyport.output()]) {
      for (const part of token.split('.')) expect(text).not.toContain(part);
    }
    const stranger = await ask({ method: 'GET', path: '/health' }, `Bearer ${token}`);
    expect([stranger.status, JSON.parse(stranger.body)]).toMatchObject([403, { code: 'scope_required' }]);
    expect(await decisions()).not.toBe(before);
  });

  it('names the entry that revoked a token, and its contents', async () => {
    const database = new DatabaseSync(join(sallyport.folder, 'sallyport.db'), { timeout: 5_000 });
    const value = '{"at":1,"by":"ops","reason":"leaked"}';
    database
      .prepare('INSERT INTO revocation (key, value) VALUES (?, ?)')
      .run('sallyport:revoked:corporate:gone', value);
    database.close();
    const { output } = await explain(
      [...bearer, 'POST', MESSAGES],
      corporateToken(issuers, 'ES256', claims({ jti: 'gone' })),
    );
    expect(output).toContain('denied: token_revoked, 401');
    expect(output).toContain('sallyport:revoked:corporate:gone: revoked 1970-01-01T00:00:01.000Z by ops: leaked\n');
  });

  it('reports that an issuer cannot be reached', async () => {
    issuers.close();
    const { output } = await explain([...bearer, 'POST', MESSAGES], corporateToken(issuers, 'RS256'));
    expect(output).toContain('denied: unavailable, 503');
  });

  it('describes every reason, also those that no request shows', async () => {
    for (const reason of REASONS) {
      const { code, output } = await runSallyport(['explain', reason]);
      expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(new RegExp(`^${reason}: .{40}`)) });
    }
    expect(REASONS.filter((reason) => !explained.has(reason))).toEqual(['too_many_attempts']);
  });

  it.each([
    [['nonsense'], 'no such reason'],
    [[], 'expected METHOD and PATH'],
    [['GET', '/', 'x'], 'expected METHOD and PATH'],
  ])('refuses the arguments %j', async (args, words) => {
    expect(await runSallyport(['explain', ...args])).toMatchObject({ code: 2, output: expect.stringContaining(words) });
  });
});

describe('sallyport routes', () => {
  async function routes(...args: readonly string[]) {
    const config = join(sallyport.folder, 'sallyport.yaml');
    return runSallyport(['routes', ...args, '--config', config], { env: issuers.env });
  }

  it('shows the map', async () => {
    const { code, output } = await routes();
    expect(code).toBe(0);
    expect(output).toMatch(
      /^HOSTS +METHODS +PATH +NEEDS +TOOLS +RESOURCE +WHERE +ISSUERS +CREDENTIALS +BASIC +SHADOW\n/,
    );
    expect(output).toMatch(/^any +GET +\/3rdparty\/v1\/messages\/\{id\} +messages:read +- +- +- +any +- +yes +-$/m);
    expect(output).toMatch(
      /^any +GET +\/3rdparty\/v1\/messages\/x\/any +messages:list or devices:list +- +- +- +any +- +yes +-$/m,
    );
    expect(output).toMatch(/^any +any +\/health +no credential +- +- +- +any +- +- +-$/m);
    expect(output).toMatch(
      /^admin\.example\.com +any +\/3rdparty\/v1\/devices +messages:send +- +- +- +any +- +yes +-$/m,
    );
  });

  it.each([
    [['GET', '/3rdparty/v1/messages/1'], 0, '{id}'],
    [['HEAD', '/3rdparty/v1/messages'], 0, 'messages:list'],
    [['GET', '/3rdparty/v1/devices', '--host', 'admin.example.com'], 0, 'messages:send'],
    [['DELETE', '/3rdparty/v1/messages'], 1, 'route_denied'],
    [['GET', '/a/../b'], 1, 'path_rejected'],
    [['GET'], 2, 'expected METHOD and PATH'],
  ])('names the rule that %j matches', async (args, code, words) => {
    expect(await routes(...args)).toMatchObject({ code, output: expect.stringContaining(words) });
  });
});
