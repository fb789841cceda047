import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLS } from '../../../src/edge/token-api/calls.ts';
import { basic } from '../../support/servers/http-client.ts';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

/** The credentials that are tried at every call. */
const CREDENTIALS = ['password', 'manager', 'access', 'login', 'private'] as const;
type CredentialName = (typeof CREDENTIALS)[number];

/** One call, made so that who is admitted succeeds. */
interface Attempt {
  /** Its `operation`. */
  readonly operation: string;
  readonly path: (world: World) => string | Promise<string>;
  readonly body?: string | object | undefined;
  /** The scope that some lack. */
  readonly scope?: string;
  /** What each credential is answered: a success, or `scope required`, or `credentials required` (no Basic here). */
  readonly answers: Readonly<Record<CredentialName, number>>;
}

const inADay = (): string => new Date(now() + 86_400_000).toISOString();
const ALL = { password: 200, manager: 200, access: 200, login: 200, private: 200 };
const NO_MANAGER = {
  scope: 'accounts:manage',
  answers: { password: 401, manager: 403, access: 403, login: 403, private: 403 },
};
const OWN_TOKENS = { password: 401, manager: 200, access: 403, login: 200, private: 403 };

const ATTEMPTS: readonly Attempt[] = [
  {
    operation: 'issueAccessToken',
    path: () => '/3rdparty/v1/auth/token',
    body: { scopes: ['messages:list'] },
    // The account has tokens:manage, and so has its login.
    answers: { password: 201, manager: 201, access: 403, login: 201, private: 403 },
  },
  {
    operation: 'revokeAccessToken',
    path: () => '/3rdparty/v1/auth/token/unknown',
    answers: { password: 204, manager: 204, access: 403, login: 204, private: 403 },
  },
  {
    operation: 'createPrivateToken',
    path: () => '/v1/tokens',
    get body() {
      return { name: 'x', scopes: ['messages:list'], expires_at: inADay() };
    },
    answers: { ...OWN_TOKENS, manager: 201, login: 201 },
  },
  { operation: 'listTokens', path: () => '/v1/tokens', answers: OWN_TOKENS },
  { operation: 'showToken', path: ({ ids }) => `/v1/tokens/${ids.private}`, answers: OWN_TOKENS },
  {
    operation: 'rotateToken',
    path: async (world) => `/v1/tokens/${(await world.makePrivate()).id}/rotate`,
    get body() {
      return { expires_at: inADay() };
    },
    // A private token may rotate itself: that one is unknown to it.
    answers: { ...OWN_TOKENS, manager: 201, login: 201, private: 404 },
  },
  {
    operation: 'revokeToken',
    path: async (world) => `/v1/tokens/${(await world.makePrivate()).id}`,
    body: { reason: 'test' },
    answers: { ...OWN_TOKENS, manager: 204, login: 204 },
  },
  {
    operation: 'listScopes',
    path: () => '/v1/scopes',
    answers: ALL,
  },
  {
    operation: 'revoke',
    path: () => '/v1/revocations',
    body: { issuer: 'sallyport', jti: 'unknown' },
    scope: 'revocations:write',
    // Nobody of them has the scope; `revocations.spec.ts` has somebody.
    answers: { password: 403, manager: 403, access: 403, login: 403, private: 403 },
  },
  { operation: 'revokePresented', path: () => '/oauth2/revoke', body: 'token=x', answers: ALL },
  { operation: 'introspect', path: () => '/oauth2/introspect', body: 'token=x', answers: ALL },
  // Nobody of them has the scope; `accounts.spec.ts` has somebody.
  { operation: 'listAccounts', path: () => '/v1/accounts', ...NO_MANAGER },
  {
    operation: 'addAccount',
    path: () => '/v1/accounts',
    body: { name: 'x', password: 'long enough for anybody', scopes: ['messages:list'] },
    ...NO_MANAGER,
  },
  { operation: 'showAccount', path: () => '/v1/accounts/unknown', ...NO_MANAGER },
  { operation: 'changeAccount', path: () => '/v1/accounts/unknown', body: { disabled: true }, ...NO_MANAGER },
  { operation: 'removeAccount', path: () => '/v1/accounts/unknown', ...NO_MANAGER },
  {
    operation: 'changePassword',
    path: () => '/v1/password',
    // Too short: nothing of the account changes.
    body: { current: 'secret', new: 'short' },
    answers: { ...OWN_TOKENS, manager: 400, login: 400 },
  },
];

/** Calls that ask nobody who they are. */
const OPEN = ['logIn', 'serverMetadata', 'getKeySet'];

interface World {
  readonly credentials: Readonly<Record<CredentialName, string>>;
  readonly ids: Readonly<Record<'private', string>>;
  makePrivate(): Promise<{ id: string; access_token: string }>;
}

const time = { aheadMs: 0 };
const now = (): number => Date.now() + time.aheadMs;

let service: TokenService;
let ada: World;
let bob: World;

beforeAll(async () => {
  service = await startTokenService({
    config: { scopes: { 'messages:send': {}, 'messages:list': { description: 'List', maxTtl: '90d' } } },
    env: { SALLYPORT_ACCOUNT: 'ada:secret' },
    clock: { wallMs: now, monotonicMs: () => performance.now() },
  });
  await service.addAccount({ name: 'bob', password: 'the other one of bob', scopes: ['messages:list'] });
  ada = await makeWorld('ada', 'secret', ['tokens:manage']);
  bob = await makeWorld('bob', 'the other one of bob', ['messages:list']);
});

afterAll(() => service.close());

async function makeWorld(name: string, password: string, managing: string[]): Promise<World> {
  const owner = basic(name, password);
  const issue = async (scopes: string[]): Promise<string> =>
    `Bearer ${(await json('POST', '/3rdparty/v1/auth/token', owner, { scopes })).access_token}`;
  const login = `Bearer ${(await json('POST', '/v1/login', undefined, { name, password })).access_token}`;
  const makePrivate = () =>
    json('POST', '/v1/tokens', login, { name: 'server', scopes: ['messages:list'], expires_at: inADay() });
  const made = await makePrivate();
  return {
    credentials: {
      password: owner,
      manager: await issue(managing),
      access: await issue(['messages:list']),
      login,
      private: `Bearer ${made.access_token}`,
    },
    ids: { private: made.id },
    makePrivate,
  };
}

function call(...asked: Parameters<TokenService['call']>): Promise<Response> {
  return service.call(...asked);
}

/** Members of the bodies that come back, as far as the tests read them one by one. */
interface Answered {
  readonly status: unknown;
  readonly code: unknown;
  readonly errors: unknown;
  readonly id: string;
  readonly access_token: string;
  readonly tokens: readonly { readonly id: string }[];
  readonly next: string;
}

async function json(...asked: Parameters<TokenService['call']>): Promise<Answered> {
  return bodyOf(await call(...asked));
}

async function bodyOf(answer: Response): Promise<Answered> {
  // What its members hold is what the tests ask.
  return (await answer.json()) as Answered;
}

function methodOf(operation: string): string {
  return CALLS.find((one) => one.operation === operation)?.method ?? '';
}

it('every call is tried', () => {
  const tried = [...ATTEMPTS.map(({ operation }) => operation), ...OPEN];
  expect(tried.toSorted()).toEqual(CALLS.map(({ operation }) => operation).toSorted());
});

describe.each(ATTEMPTS)('$operation', ({ operation, path, body, scope = 'tokens:manage', answers }) => {
  const method = methodOf(operation);

  it.each(CREDENTIALS)('by %s', async (name) => {
    const answer = await call(method, await path(ada), ada.credentials[name], body);
    expect(answer.status, await answer.clone().text()).toBe(answers[name]);
    if (answer.status === 403) {
      expect(await answer.json()).toMatchObject({ code: 'scope_required', message: `scope required: ${scope}` });
      expect(answer.headers.get('www-authenticate')).toContain(`error="insufficient_scope", scope="${scope}"`);
    } else if (answer.status === 401) {
      expect(await answer.json()).toMatchObject({ code: 'credentials_required' });
    }
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['nobody', undefined, 'credentials_required'],
    [
      'a wrong password',
      basic('ada', 'wrong'),
      answers.password === 401 ? 'credentials_required' : 'credentials_invalid',
    ],
    ['a token that is none', 'Bearer x.y.z', 'token_invalid'],
  ])('by %s', async (_what, authorization, code) => {
    const answer = await call(method, await path(ada), authorization, body);
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([401, code]);
  });

  it.each(['manager', 'login', 'private'] as const)('by a %s that was revoked', async (name) => {
    const world = await makeWorld('ada', 'secret', ['tokens:manage']);
    const { jti } = decodeJwt(world.credentials[name]);
    expect((await call('DELETE', `/v1/tokens/${jti}`, ada.credentials.manager)).status).toBe(204);
    const answer = await call(method, await path(ada), world.credentials[name], body);
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([401, 'token_revoked']);
  });

  it('by one that has expired', async () => {
    const { credentials } = ada;
    const target = await path(ada);
    time.aheadMs += 2 * 3_600_000;
    const answer = await call(method, target, credentials.login, body);
    time.aheadMs -= 2 * 3_600_000;
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([401, 'token_expired']);
  });
});

describe("an account and another one's tokens", () => {
  const denied = async (answer: Promise<Response>) => {
    const { status, code } = await bodyOf(await answer);
    return [status, code];
  };

  it('are not in its list', async () => {
    const { tokens } = await json('GET', '/v1/tokens', bob.credentials.login);
    const ids = tokens.map(({ id }) => id);
    expect(ids).toContain(bob.ids.private);
    expect(ids).not.toContain(ada.ids.private);
    const after = call('GET', `/v1/tokens?after=${ada.ids.private}`, bob.credentials.login);
    expect(await denied(after)).toEqual([400, 'invalid_query']);
  });

  it('are unknown to it, and stay as they are', async () => {
    const { login, password } = bob.credentials;
    const path = `/v1/tokens/${ada.ids.private}`;
    expect(await denied(call('GET', path, login))).toEqual([404, 'not_found']);
    expect(await denied(call('POST', `${path}/rotate`, login, { expires_at: inADay() }))).toEqual([404, 'not_found']);
    expect(await denied(call('DELETE', path, login))).toEqual([404, 'not_found']);
    expect((await call('DELETE', `/3rdparty/v1/auth/token/${ada.ids.private}`, password)).status).toBe(204);
    expect(await json('GET', path, ada.credentials.login)).toMatchObject({ status: 'active', revoked: null });
  });

  it('get no scope that it lacks', async () => {
    const { login, password } = bob.credentials;
    for (const scope of ['messages:send', 'all:any', 'tokens:manage']) {
      const errors = [{ field: 'scopes[0]', message: `the account does not have ${scope}` }];
      const body = { name: 'x', scopes: [scope], expires_at: inADay() };
      expect(await json('POST', '/v1/tokens', login, body)).toMatchObject({ status: 400, errors });
      const issued = await json('POST', '/3rdparty/v1/auth/token', password, { scopes: [scope] });
      expect(issued).toMatchObject({ status: 400, errors });
    }
  });

  it('are made by a login without tokens:manage, and access tokens are not', async () => {
    const issue = call('POST', '/3rdparty/v1/auth/token', bob.credentials.login, { scopes: ['messages:list'] });
    expect(await denied(issue)).toEqual([403, 'scope_required']);
    expect((await bob.makePrivate()).id).toMatch(/^[\w-]{21}$/);
  });
});

describe('what is wrong is said', () => {
  const problemsOf = async (method: string, path: string, body?: object) => {
    const { status, code, errors } = await json(method, path, ada.credentials.login, body);
    return [status, code, errors];
  };

  it.each([
    [{ scopes: ['messages:list'], expires_at: '2099-01-01T00:00:00Z' }, 'name', 'must be a string'],
    [{ name: ' ', scopes: ['messages:list'], expires_at: '2027-01-01T00:00:00Z' }, 'name', 'must not be empty'],
    [{ name: 'x', scopes: ['messages:list'] }, 'expires_at', /^must be a time such as/],
    [{ name: 'x', scopes: ['messages:list'], expires_at: '2027-01-01' }, 'expires_at', /^must be a time such as/],
    [
      { name: 'x', scopes: ['messages:list'], expires_at: '2027-01-01T00:00:00' },
      'expires_at',
      /^must be a time such as/,
    ],
    [{ name: 'x', scopes: ['messages:list'], expires_at: 1_800_000_000 }, 'expires_at', /^must be a time such as/],
    [
      { name: 'x', scopes: ['messages:list'], expires_at: '2020-01-01T00:00:00Z' },
      'expires_at',
      'must be in the future',
    ],
    [
      { name: 'x', scopes: ['messages:list'], expires_at: '9999-01-01T00:00:00Z' },
      'expires_at',
      /^must not be later than/,
    ],
    [{ name: 'x', scopes: [], expires_at: '2027-01-01T00:00:00Z' }, 'scopes', 'must have at least one scope'],
  ])('in POST /v1/tokens with %j', async (body, field, message) => {
    const errors = [{ field, message: expect.stringMatching(message) }];
    expect(await problemsOf('POST', '/v1/tokens', body)).toEqual([400, 'invalid_body', errors]);
  });

  it.each(['0', '101', '1.5', 'x', '%20'])('in GET /v1/tokens?limit=%s', async (limit) => {
    const errors = [{ field: 'limit', message: 'must be a whole number from 1 to 100' }];
    expect(await problemsOf('GET', `/v1/tokens?limit=${limit}`)).toEqual([400, 'invalid_query', errors]);
  });

  it.each([
    [{ password: 'secret' }, 'email', 'exactly one of email and name must be given'],
    [{ name: 'ada', email: 'ada', password: 'secret' }, 'email', 'exactly one of email and name must be given'],
    [{ name: 'ada' }, 'password', 'must be a string'],
  ])('in POST /v1/login with %j', async (body, field, message) => {
    const { status, errors } = await json('POST', '/v1/login', undefined, body);
    expect([status, errors]).toEqual([400, expect.arrayContaining([{ field, message }])]);
  });

  it('and of a wrong log-in nothing but that', async () => {
    const wrong = await json('POST', '/v1/login', undefined, { email: 'ada', password: 'wrong' });
    expect(wrong).toEqual(await json('POST', '/v1/login', undefined, { email: 'nobody', password: 'wrong' }));
    expect(wrong).toMatchObject({ status: 401, code: 'credentials_invalid' });
  });
});

it('DELETE takes a content type with nothing behind it', async () => {
  const { id } = await ada.makePrivate();
  const headers = { authorization: ada.credentials.login, 'content-type': 'application/json' };
  const answer = await fetch(`${service.origin}/v1/tokens/${id}`, { method: 'DELETE', headers });
  expect(answer.status).toBe(204);
});

it('a list shows what was made and what became of it, page by page', async () => {
  const first = await json('GET', '/v1/tokens?limit=2', ada.credentials.login);
  expect(first.tokens).toHaveLength(2);
  const second = await json('GET', `/v1/tokens?limit=2&after=${first.next}`, ada.credentials.login);
  expect(second.tokens).toHaveLength(2);
  const { id } = await ada.makePrivate();
  await call('DELETE', `/v1/tokens/${id}`, ada.credentials.login, { reason: 'leaked' });
  const shown = await json('GET', `/v1/tokens/${id}`, ada.credentials.login);
  expect(shown).toEqual({
    id,
    token_use: 'private',
    name: 'server',
    scopes: ['messages:list'],
    created_at: expect.stringMatching(/Z$/),
    expires_at: expect.stringMatching(/Z$/),
    last_used_at: null,
    status: 'revoked',
    revoked: { at: expect.stringMatching(/Z$/), by: expect.stringMatching(/^[\w-]{22}$/), reason: 'leaked' },
    rotated_to: null,
  });
});
