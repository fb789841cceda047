import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../../support/servers/http-client.ts';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

const PASSWORD = 'long enough for anybody';
const ROOT = ['all:any', 'tokens:manage', 'accounts:manage', 'revocations:write'];

let service: TokenService;
const ids = new Map<string, string>();
const logins = new Map<string, string>();

beforeAll(async () => {
  service = await startTokenService();
  for (const [name, scopes] of Object.entries({ root: ROOT, clerk: ['messages:list', 'accounts:manage'] })) {
    ids.set(name, await service.addAccount({ name, password: PASSWORD, scopes }));
    logins.set(name, await logIn(name));
  }
});

afterAll(() => service.close());

interface Answered {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

async function call(...asked: Parameters<TokenService['call']>): Promise<Answered> {
  const answer = await service.call(...asked);
  const text = await answer.text();
  const retryAfter = answer.headers.get('retry-after');
  // What its members hold is what the tests ask.
  const members = (text === '' ? {} : JSON.parse(text)) as Answered['body'];
  return { status: answer.status, retryAfter, body: members };
}

/** As an account, by its login. */
function as(name: string): (method: string, path: string, body?: object) => Promise<Answered> {
  return (method, path, body) => call(method, path, logins.get(name), body);
}

function tryLogIn(name: string, password = PASSWORD): Promise<Answered> {
  return call('POST', '/v1/login', undefined, { name, password });
}

async function logIn(name: string, password = PASSWORD): Promise<string> {
  const { status, body } = await tryLogIn(name, password);
  expect(status).toBe(200);
  return `Bearer ${String(body['access_token'])}`;
}

/** Adds an account, as root. */
async function make(name: string, scopes = ['messages:list']): Promise<string> {
  const { status, body } = await as('root')('POST', '/v1/accounts', { name, password: PASSWORD, scopes });
  expect(status, JSON.stringify(body)).toBe(201);
  return String(body['id']);
}

it('fields that are null say nothing, but for an e-mail address, which they take away', async () => {
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

describe('accounts over the API', () => {
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
  ])('are not listed with ?%s', async (query, field, message) => {
    expect(await as('root')('GET', `/v1/accounts?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_query', errors: [{ field, message }] },
    });
  });

  it('are listed from where a page ended, although its last account was removed since', async () => {
    for (const name of ['cursor-1', 'cursor-2', 'cursor-3']) await make(name);
    const listed = async (query: string) => {
      const { status, body } = await as('root')('GET', `/v1/accounts?${query}`);
      // As the description has it.
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

  it('log in with the e-mail address', async () => {
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

  it('log in also where a keyboard put a space behind the name', async () => {
    expect((await tryLogIn('clerk ')).status).toBe(200);
    const answer = await service.call('POST', '/3rdparty/v1/auth/token', basic('clerk ', PASSWORD), { scopes: ['x'] });
    expect(answer.status).not.toBe(401);
  });

  it('are refused where the name or the e-mail address is taken', async () => {
    const id = await make('taken');
    const again = { name: 'TAKEN', password: PASSWORD, scopes: ['messages:list'] };
    expect(await as('root')('POST', '/v1/accounts', again)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    await as('root')('PATCH', `/v1/accounts/${ids.get('clerk')}`, { email: 'clerk@example.com' });
    const taken = await as('root')('PATCH', `/v1/accounts/${id}`, { email: 'Clerk@example.com' });
    expect(taken).toMatchObject({ status: 409, body: { errors: [{ field: 'email' }] } });
  });

  it('are in the audit log, without what is secret', async () => {
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
  it('grants no scope that it lacks', async () => {
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

  it('is told of a slip in a scope, and not that it lacks it', async () => {
    const errors = [{ field: 'scopes', message: 'no such scope: "mesages:list", did you mean "messages:list"?' }];
    const scopes = ['mesages:list'];
    const added = await as('clerk')('POST', '/v1/accounts', { name: 'new', password: PASSWORD, scopes });
    expect(added).toMatchObject({ status: 400, body: { errors } });
    const changed = await as('clerk')('PATCH', `/v1/accounts/${await make('slip')}`, { scopes });
    expect(changed).toMatchObject({ status: 400, body: { errors } });
  });

  it('does not reach one who has more, whatever it wants to change', async () => {
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

  it('neither disables nor removes itself, nor gives up a scope', async () => {
    const path = `/v1/accounts/${ids.get('clerk')}`;
    for (const change of [{ disabled: true }, { scopes: ['messages:list'] }]) {
      expect((await as('clerk')('PATCH', path, change)).status).toBe(409);
    }
    expect((await as('clerk')('DELETE', path)).status).toBe(409);
    expect((await as('clerk')('GET', path)).body).toMatchObject({ disabled: false });
  });
});

describe('what ends the tokens of an account and what is known of its password', () => {
  it.each([
    ['a new password', { password: 'another one of these' }, 401, 'credentials_invalid'],
    ['disabling', { disabled: true }, 401, 'credentials_invalid'],
    ['a scope less', { scopes: ['messages:list'] }, 400, 'invalid_body'],
  ])('%s', async (what, change, status, code) => {
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

  it('and who logs in afterwards is not ended by it', async () => {
    const id = await make('again');
    for (const password of ['the first one of all', 'the second one of all']) {
      await as('root')('PATCH', `/v1/accounts/${id}`, { password });
      expect((await call('GET', '/v1/tokens', await logIn('again', password))).status).toBe(200);
    }
  });

  it('disabling reads as a wrong password, and enabling takes it back', async () => {
    const id = await make('off');
    const wrong = await tryLogIn('off', 'wrong password');
    await as('root')('PATCH', `/v1/accounts/${id}`, { disabled: true });
    expect(await tryLogIn('off')).toEqual(wrong);
    await as('root')('PATCH', `/v1/accounts/${id}`, { disabled: false });
    expect((await tryLogIn('off')).status).toBe(200);
  });
});

describe('POST /v1/password', () => {
  it('sets a new one for who knows the present one', async () => {
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

describe('guesses', () => {
  it('are too many after some, whether or not there is such an account; good credentials go on', async () => {
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
    // One place for the doors and schemes alike.
    const byBasic = await call('GET', '/v1/scopes', basic('target', 'guess'));
    expect(byBasic).toMatchObject({ status: 429, body: { code: 'too_many_attempts' } });
    expect((await call('GET', '/v1/scopes', basic('target', PASSWORD))).status).toBe(200);
  });
});
