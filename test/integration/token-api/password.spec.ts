import { describe, expect, it } from 'vitest';
import { as, call, logIn, make, PASSWORD, tryLogIn, useAccounts } from '../../support/accounts.ts';
import { basic } from '../../support/servers/http-client.ts';

useAccounts();

describe('a change of an account', () => {
  it.each([
    ['a new password', { password: 'another one of these' }, 401, 'credentials_invalid'],
    ['disabling', { disabled: true }, 401, 'credentials_invalid'],
    ['fewer scopes', { scopes: ['messages:list'] }, 400, 'invalid_body'],
  ])('revokes its tokens and takes effect on its password: %s', async (what, change, status, code) => {
    const name = `ends ${what}`;
    const id = await make(name, ['messages:list', 'messages:send']);
    const token = await logIn(name);
    const issue = () =>
      call('POST', '/3rdparty/v1/auth/token', basic(name, PASSWORD), { scopes: ['messages:send'], ttl: 60 });
    expect((await issue()).status).toBe(201);
    await as('root')('PATCH', `/v1/accounts/${id}`, change);
    expect((await call('GET', '/v1/tokens', token)).body).toMatchObject({ code: 'token_revoked' });
    expect(await issue()).toMatchObject({ status, body: { code } });
  });

  it('does not revoke the token of a later log-in', async () => {
    const id = await make('again');
    for (const password of ['the first one of all', 'the second one of all']) {
      await as('root')('PATCH', `/v1/accounts/${id}`, { password });
      expect((await call('GET', '/v1/tokens', await logIn('again', password))).status).toBe(200);
    }
  });

  it('that disables it is answered like a wrong password until it is enabled again', async () => {
    const id = await make('off');
    const wrong = await tryLogIn('off', 'wrong password');
    await as('root')('PATCH', `/v1/accounts/${id}`, { disabled: true });
    expect(await tryLogIn('off')).toEqual(wrong);
    await as('root')('PATCH', `/v1/accounts/${id}`, { disabled: false });
    expect((await tryLogIn('off')).status).toBe(200);
  });
});

describe('POST /v1/password', () => {
  it('changes the password for a caller who knows the current one', async () => {
    await make('self');
    const login = await logIn('self');
    const change = (current: string, wanted: string) => call('POST', '/v1/password', login, { current, new: wanted });
    expect(await change('wrong', 'entirely new words here')).toMatchObject({
      status: 401,
      body: { code: 'credentials_invalid' },
    });
    const short = await change(PASSWORD, 'short');
    expect(short).toMatchObject({ status: 400, body: { errors: [{ field: 'new' }] } });
    const expected = await change(PASSWORD, 'self-and-2026-11');
    expect(expected.body['errors']).toEqual([{ field: 'new', message: expect.stringContaining("the account's name") }]);
    expect((await change(PASSWORD, 'entirely new words here')).status).toBe(204);
    expect((await call('GET', '/v1/tokens', login)).body).toMatchObject({ code: 'token_revoked' });
    expect((await tryLogIn('self')).status).toBe(401);
    expect((await call('GET', '/v1/tokens', await logIn('self', 'entirely new words here'))).status).toBe(200);
  });
});

describe('failed log-ins', () => {
  it('are limited whether or not the account exists, and the right password is still accepted', async () => {
    await make('target');
    await logIn('target');
    const guess = (name: string) => tryLogIn(name, 'guess');
    for (const name of ['target', 'nobody']) {
      const answers = [];
      for (let index = 0; index < 12; index++) answers.push(await guess(name));
      const codes = answers.map(({ body }) => body['code']);
      const [invalid, many] = ['credentials_invalid', 'too_many_attempts'];
      expect(codes).toEqual([...Array.from({ length: 10 }, () => invalid), many, many]);
      const last = answers.at(-1);
      expect(last?.status).toBe(429);
      expect(Number(last?.retryAfter)).toBeGreaterThan(20);
      expect(Number(last?.retryAfter)).toBeLessThanOrEqual(30);
    }
    expect((await tryLogIn('target')).status).toBe(200);
    // Doors and schemes share one limit.
    const byBasic = await call('GET', '/v1/scopes', basic('target', 'guess'));
    expect(byBasic).toMatchObject({ status: 429, body: { code: 'too_many_attempts' } });
    expect((await call('GET', '/v1/scopes', basic('target', PASSWORD))).status).toBe(200);
  });
});
