import { describe, expect, it } from 'vitest';
import { ada, bob, bodyOf, call, inADay, json, service, useCallers } from '../../support/callers.ts';

useCallers();

describe('an account', () => {
  const denied = async (answer: Promise<Response>) => {
    const { status, code } = await bodyOf(await answer);
    return [status, code];
  };

  it('does not list the tokens of another account', async () => {
    const { tokens } = await json('GET', '/v1/tokens', bob.credentials.login);
    const ids = tokens.map(({ id }) => id);
    expect(ids).toContain(bob.ids.private);
    expect(ids).not.toContain(ada.ids.private);
    const after = call('GET', `/v1/tokens?after=${ada.ids.private}`, bob.credentials.login);
    expect(await denied(after)).toEqual([400, 'invalid_query']);
  });

  it('can neither see nor change a token of another account', async () => {
    const { login, password } = bob.credentials;
    const path = `/v1/tokens/${ada.ids.private}`;
    expect(await denied(call('GET', path, login))).toEqual([404, 'not_found']);
    expect(await denied(call('POST', `${path}/rotate`, login, { expires_at: inADay() }))).toEqual([404, 'not_found']);
    expect(await denied(call('DELETE', path, login))).toEqual([404, 'not_found']);
    expect((await call('DELETE', `/3rdparty/v1/auth/token/${ada.ids.private}`, password)).status).toBe(204);
    expect(await json('GET', path, ada.credentials.login)).toMatchObject({ status: 'active', revoked: null });
  });

  it('cannot issue a token with a scope that it lacks', async () => {
    const { login, password } = bob.credentials;
    for (const scope of ['messages:send', 'all:any', 'tokens:manage']) {
      const errors = [{ field: 'scopes[0]', message: `the account does not have ${scope}` }];
      const body = { name: 'x', scopes: [scope], expires_at: inADay() };
      expect(await json('POST', '/v1/tokens', login, body)).toMatchObject({ status: 400, errors });
      const issued = await json('POST', '/3rdparty/v1/auth/token', password, { scopes: [scope] });
      expect(issued).toMatchObject({ status: 400, errors });
    }
  });

  it('without tokens:manage creates private tokens with its login token, but no access tokens', async () => {
    const issue = call('POST', '/3rdparty/v1/auth/token', bob.credentials.login, { scopes: ['messages:list'] });
    expect(await denied(issue)).toEqual([403, 'scope_required']);
    expect((await bob.makePrivate()).id).toMatch(/^[\w-]{21}$/);
  });
});

describe('a refused request', () => {
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
  ])('names the wrong field in POST /v1/tokens with %j', async (body, field, message) => {
    const errors = [{ field, message: expect.stringMatching(message) }];
    expect(await problemsOf('POST', '/v1/tokens', body)).toEqual([400, 'invalid_body', errors]);
  });

  it.each(['0', '101', '1.5', 'x', '%20'])('names the wrong parameter in GET /v1/tokens?limit=%s', async (limit) => {
    const errors = [{ field: 'limit', message: 'must be a whole number from 1 to 100' }];
    expect(await problemsOf('GET', `/v1/tokens?limit=${limit}`)).toEqual([400, 'invalid_query', errors]);
  });

  it.each([
    [{ password: 'secret' }, 'email', 'exactly one of email and name must be given'],
    [{ name: 'ada', email: 'ada', password: 'secret' }, 'email', 'exactly one of email and name must be given'],
    [{ name: 'ada' }, 'password', 'must be a string'],
  ])('names the wrong field in POST /v1/login with %j', async (body, field, message) => {
    const { status, errors } = await json('POST', '/v1/login', undefined, body);
    expect([status, errors]).toEqual([400, expect.arrayContaining([{ field, message }])]);
  });

  it('of a log-in does not tell whether the name or the password is wrong', async () => {
    const wrong = await json('POST', '/v1/login', undefined, { email: 'ada', password: 'wrong' });
    expect(wrong).toEqual(await json('POST', '/v1/login', undefined, { email: 'nobody', password: 'wrong' }));
    expect(wrong).toMatchObject({ status: 401, code: 'credentials_invalid' });
  });
});

it('DELETE accepts a content type without a body', async () => {
  const { id } = await ada.makePrivate();
  const headers = { authorization: ada.credentials.login, 'content-type': 'application/json' };
  const answer = await fetch(`${service.origin}/v1/tokens/${id}`, { method: 'DELETE', headers });
  expect(answer.status).toBe(204);
});

it('GET /v1/tokens returns pages, and a token shows its revocation', async () => {
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
    form: 'jwt',
    key_hash: null,
    family: null,
    refreshes: null,
    scopes: ['messages:list'],
    created_at: expect.stringMatching(/Z$/),
    expires_at: expect.stringMatching(/Z$/),
    last_used_at: null,
    status: 'revoked',
    revoked: { at: expect.stringMatching(/Z$/), by: expect.stringMatching(/^[\w-]{22}$/), reason: 'leaked' },
    rotated_to: null,
  });
});
