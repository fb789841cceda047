import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../support/servers/http-client.ts';
import { startTokenService, type TokenService } from '../support/token-service.ts';
import { hasVectors, NEEDS, readVectors } from '../vectors/folder.ts';

const EVALUATION = '/access/v1/evaluation';
const EVALUATIONS = '/access/v1/evaluations';
const VECTORS = 'authzen/api-gateway-decisions.json';
const PASSWORD = 'correct horse battery';
const SCOPES = [
  'record:read',
  'record:write',
  'users:read',
  'todos:read',
  'todos:write',
  'order:refund',
  'folder:read',
];
const CONFIG = {
  listen: { tokens: '127.0.0.1:0', verify: '127.0.0.1:0' },
  scopes: Object.fromEntries([...SCOPES, 'folder:write'].map((scope) => [scope, {}])),
  authzen: { accountTypes: ['user', 'identity'] },
  routes: [
    { method: 'GET', path: '/users/{id}', scope: 'users:read' },
    { method: 'GET', path: '/todos', scope: 'todos:read' },
    { method: 'POST', path: '/todos', scope: 'todos:write' },
    { methods: ['PUT', 'DELETE'], path: '/todos/{id}', scope: 'todos:write' },
    { method: 'GET', path: '/health', public: true },
    { method: 'GET', path: '/hosted', hosts: ['api.example.com'], authenticated: true },
  ],
};

let service: TokenService;
/** A bearer token with `access:check`, for callers. */
let caller: string;
/** A token of alice's, as a subject. */
let token: string;
let aliceId: string;

async function tokenOf(name: string, scopes: readonly string[]): Promise<string> {
  const body = { scopes };
  const answer = await service.call('POST', '/3rdparty/v1/auth/token', basic(name, PASSWORD), body);
  const { access_token } = (await answer.json()) as { readonly access_token: string };
  return access_token;
}

beforeAll(async () => {
  service = await startTokenService({ config: CONFIG });
  aliceId = await service.addAccount({ name: 'alice', password: PASSWORD, scopes: SCOPES });
  await service.addAccount({ name: 'bob', password: PASSWORD, scopes: ['record:read'] });
  await service.addAccount({ name: 'pep', password: PASSWORD, scopes: ['access:check'] });
  caller = `Bearer ${await tokenOf('pep', ['access:check'])}`;
  token = await tokenOf('alice', ['record:read', 'todos:read']);
});

afterAll(() => service.close());

interface Asked {
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly origin?: string;
}

function post(path: string, body: unknown, { type = 'application/json', headers = {}, origin }: Asked = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const all = { authorization: caller, 'content-type': type, ...headers };
  return fetch(`${origin ?? service.verify}${path}`, { method: 'POST', headers: all, body: text });
}

/** The tests check what they read of it. */
interface Answer {
  readonly decision: boolean;
  readonly context: { readonly identity?: { readonly token_id: string } };
}

async function evaluate(body: object) {
  const answer = await post(EVALUATION, body);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
  return (await answer.json()) as Answer;
}

async function evaluateAll(body: object) {
  const answer = await post(EVALUATIONS, body);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
  const { evaluations } = (await answer.json()) as { readonly evaluations: readonly Answer[] };
  return evaluations;
}

const alice = { type: 'user', id: 'alice' };
const bob = { type: 'user', id: 'bob' };
const [read, write] = [{ name: 'read' }, { name: 'write' }];
const record = { type: 'record', id: 'record-1' };

/** The cases of the certification scenario of AuthZEN 1.0, with its fixture: Basic Core and Batch Core. */
describe('the certification scenario, Basic Core', () => {
  const whole = { subject: alice, action: read, resource: record };

  it.each([
    ['2.2.1, permit', whole, true],
    ['rule 2', { ...whole, action: write }, true],
    ['rule 3', { ...whole, subject: bob }, true],
    ['2.2.2, deny', { subject: bob, action: write, resource: record }, false],
    ['2.2.3, context', { ...whole, context: { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' } }, true],
    [
      '2.2.8, further properties',
      {
        subject: { ...alice, properties: { department: 'Sales', role: 'manager' } },
        action: { ...read, properties: { method: 'GET' } },
        resource: { ...record, properties: { status: 'active', owner: 'bob' } },
      },
      true,
    ],
    ['2.2.9, unknown fields', { ...whole, foo: 'bar', futureField: { nested: true } }, true],
  ])('%s', async (_name, body, decision) => {
    expect(await evaluate(body)).toMatchObject({ decision, context: {} });
  });

  it.each<[string, unknown, Asked?]>([
    ['no subject', { action: read, resource: record }],
    ['no action', { subject: alice, resource: record }],
    ['no resource', { subject: alice, action: read }],
    ['no subject.type', { ...whole, subject: { id: 'alice' } }],
    ['no subject.id', { ...whole, subject: { type: 'user' } }],
    ['no action.name', { ...whole, action: {} }],
    ['no resource.type', { ...whole, resource: { id: 'record-1' } }],
    ['no resource.id', { ...whole, resource: { type: 'record' } }],
    ['a subject that is a string', { ...whole, subject: 'alice' }],
    ['an action name that is a number', { ...whole, action: { name: 123 } }],
    ['another media type', whole, { type: 'text/plain' }],
    ['a form', 'subject=alice', { type: 'application/x-www-form-urlencoded' }],
    ['malformed JSON', '{"subject":'],
    ['an empty body', ''],
    ['a list', '[]'],
  ])('2.4, 400 for %s', async (_name, body, asked) => {
    for (const path of [EVALUATION, EVALUATIONS]) {
      const answer = await post(path, body, asked);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'invalid_body' });
    }
  });

  it('2.5, the request id comes back', async () => {
    const headers = { 'x-request-id': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716' };
    for (const body of [whole, '{']) {
      const answer = await post(EVALUATION, body, { headers });
      expect(answer.headers.get('x-request-id')).toBe(headers['x-request-id']);
    }
    const refused = await post(EVALUATION, whole, { headers: { ...headers, authorization: 'Bearer x' } });
    expect([refused.status, refused.headers.get('x-request-id')]).toEqual([401, headers['x-request-id']]);
    expect((await post(EVALUATION, whole)).headers.get('x-request-id')).toBeNull();
  });

  it('2.6, the decision is the same each time', async () => {
    for (let time = 0; time < 3; time++) expect(await evaluate(whole)).toMatchObject({ decision: true });
  });
});

describe('the certification scenario, Batch Core', () => {
  it.each<[string, object, readonly boolean[]]>([
    [
      '3.2.1',
      { subject: alice, action: read, evaluations: [{ resource: record }, { resource: { ...record, id: '2' } }] },
      [true, true],
    ],
    ['3.2.2', { subject: bob, resource: record, evaluations: [{ action: read }, { action: write }] }, [true, false]],
    [
      '3.2.5',
      {
        evaluations: [
          { subject: alice, action: read, resource: record },
          { subject: bob, action: write, resource: record },
        ],
      },
      [true, false],
    ],
    [
      '3.2.6',
      {
        subject: alice,
        action: read,
        context: { time: '2025-06-27T18:03-07:00' },
        evaluations: [
          { resource: record },
          { resource: record, context: { time: '2025-06-27T19:00-07:00', source: 'batch-override' } },
        ],
      },
      [true, true],
    ],
    [
      '3.4.1',
      {
        subject: alice,
        action: read,
        options: { evaluations_semantic: 'execute_all' },
        evaluations: [{ resource: record }, {}],
      },
      [true, false],
    ],
  ])('%s', async (_name, body, decisions) => {
    const evaluations = await evaluateAll(body);
    expect(evaluations.map(({ decision }) => decision)).toEqual(decisions);
  });

  it.each([
    ['deny_on_first_deny', [true, false]],
    ['permit_on_first_permit', [true]],
  ])('%s ends at the evaluation that decides', async (evaluations_semantic, decisions) => {
    const evaluations = [{ subject: alice }, { subject: bob }, { subject: alice }];
    const body = { action: write, resource: record, options: { evaluations_semantic }, evaluations };
    expect(await evaluateAll(body)).toMatchObject(decisions.map((decision) => ({ decision })));
  });

  it('is a single evaluation without a list', async () => {
    const answer = await post(EVALUATIONS, { subject: alice, action: read, resource: record });
    expect(await answer.json()).toMatchObject({ decision: true });
  });
});

interface Vector {
  readonly request: { readonly subject: { readonly id: string } };
  readonly expected: boolean;
}

describe.skipIf(!hasVectors(VECTORS))(`the interop decisions of API gateways (${NEEDS})`, () => {
  it('are as expected for all 25 requests', async () => {
    const { evaluation } = readVectors<{ readonly evaluation: readonly Vector[] }>(VECTORS);
    expect(evaluation).toHaveLength(25);
    const viewer = ['users:read', 'todos:read'];
    // The scenario's directory: who may write is an editor there, everybody else a viewer.
    const editors = new Set(['A2MT', 'E2MT', 'I2MT']);
    for (const name of new Set(evaluation.map(({ request }) => request.subject.id))) {
      const scopes = editors.has(name.slice(6, 10)) ? [...viewer, 'todos:write'] : viewer;
      await service.addAccount({ name, password: PASSWORD, scopes });
    }
    for (const { request, expected: decision } of evaluation) {
      expect({ request, answer: await evaluate(request) }).toMatchObject({ request, answer: { decision } });
    }
    const evaluations = evaluation.map(({ request }) => request);
    expect(await evaluateAll({ evaluations })).toMatchObject(
      evaluation.map(({ expected }) => ({ decision: expected })),
    );
  });
});

/** The requests that the configuration examples of Traefik Hub's AuthZEN middleware make, with our accounts' ids. */
describe("the requests of Traefik Hub's middleware", () => {
  it('one evaluation', async () => {
    const subject = { type: 'user', id: aliceId };
    const resource = { type: 'order', id: '8412' };
    const refund = { subject, action: { name: 'refund' }, resource, context: { amount: '120' } };
    expect(await evaluate(refund)).toMatchObject({ decision: true, context: { identity: { subject: aliceId } } });
    expect(await evaluate({ ...refund, subject: bob })).toMatchObject({ decision: false });
  });

  it('several evaluations of one subject', async () => {
    const [from, to] = [
      { type: 'folder', id: 'inbox' },
      { type: 'folder', id: 'archive' },
    ];
    const evaluations = [
      { action: read, resource: from },
      { action: write, resource: to },
    ];
    expect(await evaluateAll({ subject: { type: 'user', id: aliceId }, evaluations })).toMatchObject([
      { decision: true },
      { decision: false, context: { reason: 'scope_required', message: 'scope required: folder:write' } },
    ]);
  });

  it('finds the endpoints by the metadata', async () => {
    const metadata = await (await fetch(`${service.verify}/.well-known/authzen-configuration`)).json();
    expect(metadata).toEqual({
      policy_decision_point: service.verify,
      access_evaluation_endpoint: service.verify + EVALUATION,
      access_evaluations_endpoint: service.verify + EVALUATIONS,
    });
  });
});

describe('a token as the subject', () => {
  const bearer = () => ({ type: 'token', id: token });

  it('is judged as behind a gateway', async () => {
    expect(await evaluate({ subject: bearer(), action: read, resource: record })).toEqual({
      decision: true,
      context: {
        identity: {
          issuer: 'sallyport',
          subject: aliceId,
          token_id: expect.any(String),
          scopes: ['record:read', 'todos:read'],
        },
        route: 'record:read',
      },
    });
    expect(await evaluate({ subject: bearer(), action: write, resource: record })).toEqual({
      decision: false,
      context: {
        reason: 'scope_required',
        message: 'scope required: record:write',
        http_status: 403,
        challenges: ['Bearer realm="sallyport", error="insufficient_scope", scope="record:write"'],
        route: 'record:write',
      },
    });
  });

  it.each<[string, string, string, object]>([
    ['a route', 'GET', '/todos?page=2', { decision: true, context: { route: '/todos' } }],
    ['a URL', 'GET', 'https://api.example.com/hosted', { decision: true, context: { route: '/hosted' } }],
    ['another host', 'GET', 'https://other.example.com/hosted', { context: { reason: 'route_denied' } }],
    ['a scope that is missing', 'POST', '/todos', { context: { reason: 'scope_required', http_status: 403 } }],
    ['a route that does not exist', 'GET', '/nothing', { context: { reason: 'route_denied' } }],
    ['a path that is ambiguous', 'GET', '/a/../todos', { context: { reason: 'path_rejected', http_status: 400 } }],
    ['a method in lower case', 'get', '/todos', { context: { reason: 'path_rejected' } }],
  ])('opens the routes: %s', async (_name, method, id, expected) => {
    const body = { subject: bearer(), action: { name: method }, resource: { type: 'route', id } };
    expect(await evaluate(body)).toMatchObject({ decision: false, ...expected });
  });

  it('must be of the subject that the question names', async () => {
    const ask = (type: string, id: string) =>
      evaluate({ subject: { type, id, properties: { token: `Bearer ${token}` } }, action: read, resource: record });
    expect(await ask('user', aliceId)).toMatchObject({ decision: true });
    expect(await ask('user', 'bob')).toEqual({
      decision: false,
      context: { reason: 'subject_mismatch', message: 'the token has another subject than the question' },
    });
    expect(await ask('token', 'anything')).toMatchObject({ decision: true });
  });

  it.each([
    ['is malformed', 'a.b.c', 'token_invalid'],
    ['is a password', basic('alice', PASSWORD), 'token_invalid'],
    ['is two tokens', 'a.b.c, Bearer d.e.f', 'invalid_request'],
  ])('that %s is refused', async (_name, id, reason) => {
    const body = { subject: { type: 'token', id }, action: read, resource: record };
    expect(await evaluate(body)).toMatchObject({ decision: false, context: { reason } });
  });

  it('that was revoked is refused', async () => {
    const revoked = await tokenOf('alice', ['record:read']);
    const body = { subject: { type: 'token', id: revoked }, action: read, resource: record };
    expect(await evaluate(body)).toMatchObject({ decision: true });
    const { context } = await evaluate(body);
    const path = `/3rdparty/v1/auth/token/${context.identity?.token_id}`;
    expect((await service.call('DELETE', path, basic('alice', PASSWORD))).status).toBe(204);
    await expect.poll(() => evaluate(body)).toMatchObject({ decision: false, context: { reason: 'token_revoked' } });
  });
});

describe('what is not known', () => {
  it.each([
    ['a type of subject', { type: 'agent', id: 'alice' }, read, record, 'unknown_subject'],
    ['an account', { type: 'user', id: 'carol' }, read, record, 'unknown_subject'],
    ['an action', alice, { name: 'shred' }, record, 'unknown_action'],
    ['a type of resource', alice, read, { type: 'recrod', id: '1' }, 'unknown_action'],
    ['all:any', alice, { name: 'all:any' }, record, 'unknown_action'],
  ])('%s is denied', async (_name, subject, action, resource, reason) => {
    expect(await evaluate({ subject, action, resource })).toMatchObject({ decision: false, context: { reason } });
  });

  it('a disabled account is denied, and its public routes with it', async () => {
    const id = await service.addAccount({ name: 'dora', password: PASSWORD, scopes: ['record:read'] });
    const body = { subject: { type: 'user', id }, action: { name: 'GET' }, resource: { type: 'route', id: '/health' } };
    expect(await evaluate(body)).toMatchObject({ decision: true });
    await service.addAccount({ name: 'root', password: PASSWORD, scopes: ['accounts:manage', 'record:read'] });
    const authorization = `Bearer ${await tokenOf('root', ['accounts:manage', 'record:read'])}`;
    const change = await service.call('PATCH', `/v1/accounts/${id}`, authorization, { disabled: true });
    expect(change.status).toBe(200);
    expect(await evaluate(body)).toMatchObject({ decision: false, context: { reason: 'unknown_subject' } });
  });
});

describe('callers', () => {
  const body = { subject: alice, action: read, resource: record };

  it.each<[string, string | undefined, number, string | null]>([
    ['without a token', undefined, 401, 'Bearer realm="sallyport"'],
    ['with a bad token', 'Bearer a.b.c', 401, 'Bearer realm="sallyport", error="invalid_token"'],
    ['with a password', basic('pep', PASSWORD), 401, 'Bearer realm="sallyport"'],
  ])('%s are refused', async (_name, authorization, status, challenge) => {
    for (const path of [EVALUATION, EVALUATIONS]) {
      const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      const answer = await fetch(`${service.verify}${path}`, init);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([status, challenge]);
    }
  });

  it('without access:check are refused', async () => {
    const answer = await post(EVALUATION, body, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain('scope="access:check"');
  });

  it('need no token where the configuration says so, but one that is sent counts', async () => {
    const open = await startTokenService({ config: { ...CONFIG, authzen: { requireToken: false } } });
    try {
      const ask = (headers: Record<string, string>) =>
        fetch(`${open.verify}${EVALUATION}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        });
      const answer = await ask({});
      // And by default no account is a subject.
      expect([answer.status, await answer.json()]).toMatchObject([200, { context: { reason: 'unknown_subject' } }]);
      expect((await ask({ authorization: 'Bearer a.b.c' })).status).toBe(401);
    } finally {
      await open.close();
    }
  });

  it('are counted at the door authzen, and no token is logged', () => {
    const lines = service.lines.join('');
    expect(lines).toContain('"door":"authzen"');
    for (const secret of [token, caller.slice(7), PASSWORD]) expect(lines).not.toContain(secret);
  });
});

it('an allow says how long it may be kept: of a token, and not of an account', async () => {
  const revocation = { keep: '700ms' };
  const keeping = await startTokenService({
    config: { ...CONFIG, revocation, authzen: { ...CONFIG.authzen, requireToken: false } },
  });
  try {
    await keeping.addAccount({ name: 'alice', password: PASSWORD, scopes: SCOPES });
    const issued = await keeping.call('POST', '/3rdparty/v1/auth/token', basic('alice', PASSWORD), {
      scopes: ['record:read'],
    });
    const { access_token: id } = (await issued.json()) as { readonly access_token: string };
    const context = async (subject: object, name = 'read') => {
      const asked = await fetch(`${keeping.verify}${EVALUATION}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ subject, action: { name }, resource: record }),
      });
      return ((await asked.json()) as { readonly context: { readonly keep_ms?: number } }).context;
    };
    await expect.poll(async () => (await context({ type: 'token', id })).keep_ms).toBeGreaterThan(0);
    expect((await context({ type: 'token', id })).keep_ms).toBeLessThanOrEqual(700);
    expect(await context(alice)).not.toHaveProperty('keep_ms');
    expect(await context({ type: 'token', id }, 'write')).not.toHaveProperty('keep_ms');
  } finally {
    await keeping.close();
  }
});

it('a decision point with a URL of its own publishes its metadata there alone', async () => {
  const url = 'https://pdp.example.com/tenant1';
  const other = await startTokenService({ config: { ...CONFIG, authzen: { url } } });
  try {
    const metadata = await fetch(`${other.verify}/.well-known/authzen-configuration/tenant1`);
    expect(metadata.headers.get('cache-control')).toBe('max-age=3600');
    expect(await metadata.json()).toMatchObject({
      policy_decision_point: url,
      access_evaluation_endpoint: `${url}/access/v1/evaluation`,
    });
    for (const path of ['', '/', '/tenant2', '/tenant1/']) {
      expect((await fetch(`${other.verify}/.well-known/authzen-configuration${path}`)).status).toBe(404);
    }
  } finally {
    await other.close();
  }
});
