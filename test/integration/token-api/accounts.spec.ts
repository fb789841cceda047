import { describe, expect, it } from 'vitest';
import { as, call, ids, logIn, make, PASSWORD, ROOT, service, tryLogIn, useAccounts } from '../../support/accounts.ts';
import { basic } from '../../support/servers/http-client.ts';

useAccounts();

it('null means the same as leaving a field out, except that it removes an e-mail address', async () => {
  const account = { name: 'null-fields', password: PASSWORD, scopes: ['messages:list', 'tokens:manage'] };
  const { status, body } = await as('root')('POST', '/v1/accounts', { ...account, email: null });
  expect([status, body['email']]).toEqual([201, null]);
  const path = `/v1/accounts/${String(body['id'])}`;
  const changes = { email: 'null@example.com', password: null, scopes: null, disabled: null };
  const { body: changed } = await as('root')('PATCH', path, changes);
  expect(changed).toMatchObject({ email: 'null@example.com', scopes: account.scopes, disabled: false });
  const credentials = { name: account.name, email: null, password: PASSWORD };
  for (const email of [null, ''])
    expect((await call('POST', '/v1/login', undefined, { ...credentials, email })).status).toBe(200);
  expect((await call('POST', '/v1/login', undefined, { ...credentials, name: '' })).status).toBe(400);
  const scopes = ['messages:list'];
  const issued = await call('POST', '/3rdparty/v1/auth/token', basic(account.name, PASSWORD), { ttl: null, scopes });
  expect(issued.status).toBe(201);
  const login = await logIn(account.name);
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  const made = await call('POST', '/v1/tokens', login, { name: 'x', scopes, expires_at });
  const token = `/v1/tokens/${String(made.body['id'])}`;
  const rotated = await call('POST', `${token}/rotate`, login, { expires_at, overlap: null });
  expect(rotated.status).toBe(201);
  for (const reason of [null, '']) {
    const ended = await call('DELETE', `/v1/tokens/${String(rotated.body['id'])}`, login, { reason });
    expect(ended.status).toBe(204);
  }
});

describe('accounts', () => {
  it('are listed page by page, the oldest first', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await make(name);
    interface Page {
      readonly accounts: readonly { readonly name: string }[];
      readonly next: string | null;
    }
    const pageAt = async (query: string): Promise<Page> =>
      (await as('root')('GET', `/v1/accounts${query}`)).body as unknown as Page;
    const names: string[] = [];
    for (let after: string | null = '', pages = 0; after !== null && pages < 20; pages += 1) {
      const { accounts, next } = await pageAt(`?limit=2&after=${after}`);
      expect(accounts.length).toBeLessThanOrEqual(2);
      names.push(...accounts.map(({ name }) => name));
      after = next;
    }
    const whole = await pageAt('');
    expect(names).toEqual(whole.accounts.map(({ name }) => name));
    expect([names[0], names.slice(-3), whole.next]).toEqual(['root', ['page-1', 'page-2', 'page-3'], null]);
  });

  it.each([
    ['limit=101', 'limit', 'must be a whole number from 1 to 100'],
    ['after=nobody', 'after', 'must be the value of next from the previous page'],
  ])('are not listed for the invalid query ?%s', async (query, field, message) => {
    expect(await as('root')('GET', `/v1/accounts?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_query', errors: [{ field, message }] },
    });
  });

  it('are listed from the end of a page, even if its last account was removed', async () => {
    for (const name of ['cursor-1', 'cursor-2', 'cursor-3']) await make(name);
    const listed = async (query: string) => {
      const { status, body } = await as('root')('GET', `/v1/accounts?${query}`);
      // By the description of the call.
      return { status, ...(body as { accounts: { id: string; name: string }[]; next: string | null }) };
    };
    const all = (await listed('limit=100')).accounts;
    const at = all.findIndex(({ name }) => name === 'cursor-2');
    const first = await listed(`limit=${at + 1}`);
    const second = all[at]?.id ?? '';
    expect((await listed(`limit=1&after=${second}`)).accounts).toMatchObject([{ name: 'cursor-3' }]);
    await as('root')('DELETE', `/v1/accounts/${second}`);
    const names = (await listed(`limit=100&after=${first.next}`)).accounts.map(({ name }) => name);
    expect(names).toContain('cursor-3');
    expect((await listed(`limit=1&after=${second}`)).status).toBe(400);
  });

  it('are added, shown, listed, changed and removed', async () => {
    const account = { name: 'ada', email: 'ada@example.com', scopes: ['messages:send'] };
    const added = await as('root')('POST', '/v1/accounts', { ...account, password: PASSWORD });
    const shown = { ...account, disabled: false, id: expect.any(String), created_at: expect.stringMatching(/Z$/) };
    expect(added).toMatchObject({ status: 201, body: shown });
    expect(JSON.stringify(added)).not.toMatch(/argon2|long enough/);
    const path = `/v1/accounts/${String(added.body['id'])}`;
    expect((await as('root')('GET', path)).body).toEqual(shown);
    const { accounts } = (await as('root')('GET', '/v1/accounts')).body;
    expect(accounts).toEqual(expect.arrayContaining([shown]));
    const changed = await as('root')('PATCH', path, { email: null, scopes: ['messages:send', 'messages:list'] });
    expect(changed).toMatchObject({ status: 200, body: { email: null, scopes: ['messages:send', 'messages:list'] } });
    expect((await as('root')('DELETE', path)).status).toBe(204);
    expect((await as('root')('GET', path)).status).toBe(404);
    expect((await as('root')('PATCH', path, { disabled: true })).status).toBe(404);
    expect((await as('root')('DELETE', path)).status).toBe(404);
    expect((await tryLogIn('ada')).status).toBe(401);
  });

  it('can log in with the e-mail address', async () => {
    await as('root')('POST', '/v1/accounts', {
      name: 'mail',
      email: 'Mail@example.com',
      password: PASSWORD,
      scopes: ['messages:list'],
    });
    const answer = await call('POST', '/v1/login', undefined, { email: 'mail@EXAMPLE.com', password: PASSWORD });
    expect(answer.status).toBe(200);
  });

  it.each([
    [{ name: 'a:b' }, 'name', /a colon/],
    [{ name: 'root ' }, 'name', /must not begin or end with a space/],
    [{ name: 'ro\u200bot' }, 'name', /U\+200B/],
    [{ name: '\u202etoor' }, 'name', /U\+202E/],
    [{ email: 'x' }, 'email', /an @/],
    [{ password: 'short' }, 'password', /at least 15 characters/],
    [{ password: 'Password12345678' }, 'password', /one of the most common/],
    [{ password: 'refused-20261126' }, 'password', /derived from the account's name/],
    [{ scopes: ['messages:sent'] }, 'scopes', /^no such scope: "messages:sent", did you mean "messages:send"\?$/],
    [{ scopes: [] }, 'scopes', /must have at least one scope/],
    [{ admin: true }, 'admin', /not a field/],
  ])('are refused with %j', async (members, field, message) => {
    const account = { name: 'refused', password: PASSWORD, scopes: ['messages:list'], ...members };
    const { status, body } = await as('root')('POST', '/v1/accounts', account);
    expect([status, body['errors']]).toEqual([400, [{ field, message: expect.stringMatching(message) }]]);
  });

  it('can log in with a space after the name, as some keyboards add it', async () => {
    expect((await tryLogIn('clerk ')).status).toBe(200);
    const answer = await service.call('POST', '/3rdparty/v1/auth/token', basic('clerk ', PASSWORD), { scopes: ['x'] });
    expect(answer.status).not.toBe(401);
  });

  it('are refused if the name or the e-mail address is taken', async () => {
    const id = await make('taken');
    const again = { name: 'TAKEN', password: PASSWORD, scopes: ['messages:list'] };
    expect(await as('root')('POST', '/v1/accounts', again)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    await as('root')('PATCH', `/v1/accounts/${ids.get('clerk')}`, { email: 'clerk@example.com' });
    const taken = await as('root')('PATCH', `/v1/accounts/${id}`, { email: 'Clerk@example.com' });
    expect(taken).toMatchObject({ status: 409, body: { errors: [{ field: 'email' }] } });
  });

  it('have audit records of their changes, without secrets', async () => {
    const { lines } = service;
    lines.length = 0;
    const id = await make('audited');
    await as('root')('PATCH', `/v1/accounts/${id}`, { password: 'another one of these', email: 'secret@example.com' });
    await as('root')('DELETE', `/v1/accounts/${id}`);
    const audit = lines.map((line): Record<string, unknown> => JSON.parse(line)).filter(({ log }) => log === 'audit');
    const by = { account: ids.get('root'), client: '127.0.0.1', subject: id };
    expect(audit).toMatchObject([
      { ...by, scopes: ['messages:list'], msg: 'account added' },
      { ...by, changed: ['email', 'password'], msg: 'account changed' },
      { ...by, msg: 'account removed' },
    ]);
    expect(lines.join('')).not.toMatch(/another one|secret@|argon2/);
  });
});

describe('a manager', () => {
  it('cannot grant a scope that it lacks', async () => {
    const errors = [{ field: 'scopes', message: 'you do not have messages:send, all:any yourself' }];
    const scopes = ['messages:list', 'messages:send', 'all:any'];
    const added = await as('clerk')('POST', '/v1/accounts', { name: 'new', password: PASSWORD, scopes });
    expect(added).toMatchObject({ status: 400, body: { errors } });
    const id = await make('lowly');
    expect(await as('clerk')('PATCH', `/v1/accounts/${id}`, { scopes })).toMatchObject({
      status: 400,
      body: { errors },
    });
    const self = await as('clerk')('PATCH', `/v1/accounts/${ids.get('clerk')}`, { scopes: [...ROOT, 'messages:list'] });
    expect(self.status).toBe(400);
  });

  it('learns that a misspelled scope does not exist, not that it lacks it', async () => {
    const errors = [{ field: 'scopes', message: 'no such scope: "mesages:list", did you mean "messages:list"?' }];
    const scopes = ['mesages:list'];
    const added = await as('clerk')('POST', '/v1/accounts', { name: 'new', password: PASSWORD, scopes });
    expect(added).toMatchObject({ status: 400, body: { errors } });
    const changed = await as('clerk')('PATCH', `/v1/accounts/${await make('slip')}`, { scopes });
    expect(changed).toMatchObject({ status: 400, body: { errors } });
  });

  it('cannot change or remove an account with more scopes', async () => {
    const path = `/v1/accounts/${ids.get('root')}`;
    for (const change of [
      { password: 'mine now, and only mine' },
      { disabled: true },
      { email: 'me@example.com' },
      { scopes: ['messages:list'] },
    ]) {
      expect(await as('clerk')('PATCH', path, change)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    }
    expect((await as('clerk')('DELETE', path)).status).toBe(409);
    expect((await tryLogIn('root')).status).toBe(200);
  });

  it('cannot disable or remove itself, or give up a scope', async () => {
    const path = `/v1/accounts/${ids.get('clerk')}`;
    for (const change of [{ disabled: true }, { scopes: ['messages:list'] }]) {
      expect((await as('clerk')('PATCH', path, change)).status).toBe(409);
    }
    expect((await as('clerk')('DELETE', path)).status).toBe(409);
    expect((await as('clerk')('GET', path)).body).toMatchObject({ disabled: false });
  });
});
