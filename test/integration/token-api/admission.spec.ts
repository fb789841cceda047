import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { CALLS } from '../../../src/edge/token-api/calls.ts';
import {
  ada,
  bodyOf,
  type Caller,
  CREDENTIALS,
  type CredentialName,
  call,
  inADay,
  makeCaller,
  time,
  useCallers,
} from '../../support/callers.ts';
import { basic } from '../../support/servers/http-client.ts';

useCallers();

/** One call, which succeeds for every credential that is admitted. */
interface Attempt {
  /** The call's `operation`. */
  readonly operation: string;
  readonly path: (caller: Caller) => string | Promise<string>;
  readonly body?: string | object | undefined;
  /** The scope that the refused credentials lack. */
  readonly scope?: string;
  /** The status for each credential: success, 403 without the scope, or 401 where Basic is not accepted. */
  readonly answers: Readonly<Record<CredentialName, number>>;
}

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
    // The account has tokens:manage, and so has its login token.
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
    path: async (caller) => `/v1/tokens/${(await caller.makePrivate()).id}/rotate`,
    get body() {
      return { expires_at: inADay() };
    },
    // A private token may rotate only itself; other tokens do not exist for it.
    answers: { ...OWN_TOKENS, manager: 201, login: 201, private: 404 },
  },
  {
    operation: 'revokeToken',
    path: async (caller) => `/v1/tokens/${(await caller.makePrivate()).id}`,
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
    // None of them has the scope; `revocations.spec.ts` tests the call with it.
    answers: { password: 403, manager: 403, access: 403, login: 403, private: 403 },
  },
  { operation: 'revokePresented', path: () => '/oauth2/revoke', body: 'token=x', answers: ALL },
  { operation: 'introspect', path: () => '/oauth2/introspect', body: 'token=x', answers: ALL },
  // None of them has the scope; `accounts.spec.ts` tests these calls with it.
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
    // The new password is too short, so the account does not change.
    body: { current: 'secret', new: 'short' },
    answers: { ...OWN_TOKENS, manager: 400, login: 400 },
  },
];

/** The calls without authentication. */
const OPEN = ['logIn', 'serverMetadata', 'getKeySet', 'reportLeaks'];

/** It takes none of these credentials; `refresh-tokens.spec.ts` tests that. */
const REFRESH = 'refreshAccessToken';

function methodOf(operation: string): string {
  return CALLS.find((one) => one.operation === operation)?.method ?? '';
}

it('the table contains every call', () => {
  const tried = [...ATTEMPTS.map(({ operation }) => operation), ...OPEN, REFRESH];
  expect(tried.toSorted()).toEqual(CALLS.map(({ operation }) => operation).toSorted());
});

describe.each(ATTEMPTS)('$operation', ({ operation, path, body, scope = 'tokens:manage', answers }) => {
  const method = methodOf(operation);

  it.each(CREDENTIALS)('admits or refuses the credential: %s', async (name) => {
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
    ['no credential', undefined, 'credentials_required'],
    [
      'a wrong password',
      basic('ada', 'wrong'),
      answers.password === 401 ? 'credentials_required' : 'credentials_invalid',
    ],
    ['a malformed token', 'Bearer x.y.z', 'token_invalid'],
  ])('responds 401 to %s', async (_credential, authorization, code) => {
    const answer = await call(method, await path(ada), authorization, body);
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([401, code]);
  });

  it.each(['manager', 'login', 'private'] as const)('refuses a revoked token: %s', async (name) => {
    const caller = await makeCaller('ada', 'secret', ['tokens:manage']);
    const { jti } = decodeJwt(caller.credentials[name]);
    expect((await call('DELETE', `/v1/tokens/${jti}`, ada.credentials.manager)).status).toBe(204);
    const answer = await call(method, await path(ada), caller.credentials[name], body);
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([401, 'token_revoked']);
  });

  it('refuses an expired token', async () => {
    const { credentials } = ada;
    const target = await path(ada);
    time.aheadMs += 2 * 3_600_000;
    const answer = await call(method, target, credentials.login, body);
    time.aheadMs -= 2 * 3_600_000;
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([401, 'token_expired']);
  });
});
