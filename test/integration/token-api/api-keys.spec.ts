import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOfKey, isApiKey, makeApiKey } from '../../../src/lib/api-key/api-key.ts';
import { basic } from '../../support/servers/http-client.ts';
import { runSallyport } from '../../support/servers/run-sallyport.ts';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

const PASSWORD = 'a long secret of mine';
const END = () => new Date(Date.now() + 86_400_000).toISOString();

let service: TokenService;
let login: string;

type Json = Readonly<Record<string, unknown>>;

beforeAll(async () => {
  service = await startTokenService({
    config: {
      apiKeys: { prefix: 'sp' },
      listen: { tokens: '127.0.0.1:0', verify: { address: '127.0.0.1:0', mode: 'nginx' } },
    },
  });
  const scopes = ['messages:send', 'messages:list', 'tokens:manage'];
  for (const name of ['ada', 'bob', 'carl', 'dora']) await service.addAccount({ name, password: PASSWORD, scopes });
  await service.addAccount({ name: 'officer', password: PASSWORD, scopes: ['revocations:write', 'access:introspect'] });
  login = await logIn('ada');
});

afterAll(() => service.close());

async function logIn(name: string): Promise<string> {
  const answer = await service.call('POST', '/v1/login', undefined, { name, password: PASSWORD });
  return `Bearer ${((await answer.json()) as { access_token: string }).access_token}`;
}

async function send(method: string, path: string, authorization: string, body?: object, headers: object = {}) {
  const answer = await fetch(`${service.origin}${path}`, {
    method,
    headers: { authorization, ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Json };
}

async function create(more: object = {}, authorization = login, headers: object = {}) {
  const body = { name: 'server', scopes: ['messages:send'], expires_at: END(), form: 'key', ...more };
  return await send('POST', '/v1/tokens', authorization, body, headers);
}

async function newKey(authorization = login): Promise<{ readonly id: string; readonly key: string }> {
  const { body } = await create({}, authorization);
  return { id: String(body['id']), key: String(body['access_token']) };
}

/** What a gateway reads about a request with this credential. */
async function ask(credential: string, client = '192.0.2.1') {
  const answer = await fetch(`${service.verify}/auth`, {
    headers: {
      authorization: credential,
      'x-original-method': 'GET',
      'x-original-url': '/messages',
      'x-forwarded-for': client,
    },
  });
  const problem = answer.status === 200 ? undefined : ((await answer.json()) as Json)['code'];
  return { status: answer.status, problem, subject: answer.headers.get('x-auth-subject') };
}

describe('an API key', () => {
  it('is short, has prefix and checksum, and passes as a bearer token', async () => {
    const { status, body } = await create();
    expect(status).toBe(201);
    const key = String(body['access_token']);
    expect(body).toMatchObject({ token_type: 'Bearer', form: 'key', name: 'server', scopes: ['messages:send'] });
    expect(key).toMatch(/^sp_[0-9A-Za-z]{36}$/);
    expect(isApiKey(key, 'sp')).toBe(true);
    expect(await ask(`Bearer ${key}`)).toMatchObject({ status: 200 });
    expect(await ask(`bearer ${key}`)).toMatchObject({ status: 200 });
  });

  it('is stored as its SHA-256 only, and no list shows a part of it', async () => {
    const { id, key } = await newKey();
    const [, secret = ''] = key.split('_');
    const shown = await send('GET', `/v1/tokens/${id}`, login);
    const keyHash = createHash('sha256').update(key).digest('hex');
    expect(shown.body).toMatchObject({ id, form: 'key', key_hash: keyHash, token_use: 'private', status: 'active' });
    const listed = await send('GET', '/v1/tokens', login);
    const database = new DatabaseSync(join(service.folder, 'store.db'), { readOnly: true });
    const rows = JSON.stringify(database.prepare('SELECT * FROM token').all());
    database.close();
    for (const text of [JSON.stringify(shown), JSON.stringify(listed), rows, service.lines.join('')]) {
      for (let start = 0; start + 6 <= secret.length; start++)
        expect(text).not.toContain(secret.slice(start, start + 6));
    }
    expect(rows).toContain(keyHash);
  });

  it('has the scopes of its record, and may do what a private token may', async () => {
    const { key } = await newKey();
    const { body } = await create({ scopes: ['messages:list'] });
    expect(await ask(`Bearer ${String(body['access_token'])}`)).toMatchObject({
      status: 403,
      problem: 'scope_required',
    });
    expect((await send('GET', '/v1/tokens', `Bearer ${key}`)).status).toBe(403);
    expect((await create({}, `Bearer ${key}`)).status).toBe(403);
  });

  it.each([
    ['a wrong checksum', (key: string) => key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a')],
    ['an unknown random part', () => makeApiKey('sp')],
    ['another prefix', (key: string) => `spx${key.slice(2)}`],
    ['three parts', () => 'sp_a.b.c'],
    ['nothing behind the prefix', () => 'sp_'],
    ['another letter case', (key: string) => key.toUpperCase()],
  ])('with %s is token_invalid', async (_what, change) => {
    const { key } = await newKey();
    expect(await ask(`Bearer ${change(key)}`)).toMatchObject({ status: 401, problem: 'token_invalid' });
  });

  it('is refused beside another credential', async () => {
    const { key } = await newKey();
    expect(await ask(`Bearer ${key}, Bearer ${key}`)).toMatchObject({ problem: 'invalid_request' });
  });
});

describe('the end of an API key', () => {
  it('comes at once by its id, by its hash and by the key itself, with the reason', async () => {
    const [byId, byHash, byKey, byOwner] = [await newKey(), await newKey(), await newKey(), await newKey()];
    for (const { key } of [byId, byHash, byKey, byOwner]) expect((await ask(`Bearer ${key}`)).status).toBe(200);
    expect((await send('DELETE', `/v1/tokens/${byId.id}`, login, { reason: 'lost' })).status).toBe(204);
    const officer = basic('officer', PASSWORD);
    expect((await send('POST', '/v1/revocations', officer, { token: byKey.key })).status).toBe(204);
    expect((await service.call('POST', '/oauth2/revoke', login, `token=${byOwner.key}`)).status).toBe(200);
    const args = ['--thumbprint', hashOfKey(byHash.key), '--config', join(service.folder, 'sallyport.yaml')];
    expect(await runSallyport(['token', 'revoke', ...args])).toMatchObject({ code: 0 });
    for (const { key } of [byId, byHash, byKey, byOwner]) {
      await expect.poll(() => ask(`Bearer ${key}`)).toMatchObject({ status: 401, problem: 'token_revoked' });
    }
    expect((await send('GET', `/v1/tokens/${byId.id}`, login)).body).toMatchObject({
      status: 'revoked',
      revoked: { reason: 'lost' },
    });
    expect((await send('GET', `/v1/tokens/${byKey.id}`, login)).body).toMatchObject({ status: 'revoked' });
  });

  it('never comes from another account', async () => {
    const { id, key } = await newKey();
    const bob = await logIn('bob');
    expect((await send('DELETE', `/v1/tokens/${id}`, bob)).status).toBe(404);
    expect((await service.call('POST', '/oauth2/revoke', bob, `token=${key}`)).status).toBe(200);
    expect((await ask(`Bearer ${key}`)).status).toBe(200);
  });

  it('comes with a new password of its account', async () => {
    const { key } = await newKey(await logIn('carl'));
    expect((await ask(`Bearer ${key}`)).status).toBe(200);
    const body = { current: PASSWORD, new: 'another long secret of mine' };
    const changed = await send('POST', '/v1/password', await logIn('carl'), body);
    expect(changed.status).toBeLessThan(300);
    await expect.poll(() => ask(`Bearer ${key}`)).toMatchObject({ problem: 'token_revoked' });
  });

  it('comes when its account is disabled', async () => {
    const { key } = await newKey(await logIn('dora'));
    expect((await ask(`Bearer ${key}`)).status).toBe(200);
    const config = ['--config', join(service.folder, 'sallyport.yaml')];
    expect(await runSallyport(['account', 'disable', 'dora', ...config])).toMatchObject({ code: 0 });
    await expect.poll(() => ask(`Bearer ${key}`)).toMatchObject({ problem: 'token_revoked' });
  });
});

describe('the rotation of an API key', () => {
  it('gives a key, with an overlap if asked', async () => {
    const { id, key } = await newKey();
    await ask(`Bearer ${key}`);
    const rotated = await send('POST', `/v1/tokens/${id}/rotate`, login, { expires_at: END(), overlap: 600 });
    expect(rotated).toMatchObject({ status: 201, body: { form: 'key', name: 'server' } });
    const heir = String(rotated.body['access_token']);
    expect(isApiKey(heir, 'sp')).toBe(true);
    expect([(await ask(`Bearer ${key}`)).status, (await ask(`Bearer ${heir}`)).status]).toEqual([200, 200]);
    const again = await send('POST', `/v1/tokens/${String(rotated.body['id'])}/rotate`, login, { expires_at: END() });
    expect(again.status).toBe(201);
    await expect.poll(() => ask(`Bearer ${heir}`)).toMatchObject({ problem: 'token_revoked' });
  });

  it('by the key itself ends no later than the key', async () => {
    const { id, key } = await newKey();
    const later = new Date(Date.now() + 10 * 86_400_000).toISOString();
    const path = `/v1/tokens/${id}/rotate`;
    expect((await send('POST', path, `Bearer ${key}`, { expires_at: later })).status).toBe(400);
    const sooner = new Date(Date.now() + 3_600_000).toISOString();
    const rotated = await send('POST', path, `Bearer ${key}`, { expires_at: sooner });
    expect(rotated).toMatchObject({ status: 201, body: { form: 'key' } });
    await expect.poll(() => ask(`Bearer ${key}`)).toMatchObject({ problem: 'token_revoked' });
  });
});

describe('a request for an API key that is sent twice', () => {
  it('shows the same key', async () => {
    const body = { expires_at: END() };
    const once = { 'idempotency-key': '0b0ad3c5-5f0a-4df2-a3b1-9f4f8f3fbf01' };
    const [first, second] = [await create(body, login, once), await create(body, login, once)];
    expect(first.status).toBe(201);
    expect(second).toEqual(first);
    expect((await ask(`Bearer ${String(first.body['access_token'])}`)).status).toBe(200);
    const other = await create(body, login, { 'idempotency-key': '0b0ad3c5-5f0a-4df2-a3b1-9f4f8f3fbf02' });
    expect(other.body['access_token']).not.toBe(first.body['access_token']);
    const rotation = { 'idempotency-key': '0b0ad3c5-5f0a-4df2-a3b1-9f4f8f3fbf03' };
    const path = `/v1/tokens/${String(first.body['id'])}/rotate`;
    const rotate = () => send('POST', path, login, { ...body, overlap: 60 }, rotation);
    const rotated = await rotate();
    expect(rotated).toMatchObject({ status: 201, body: { form: 'key' } });
    expect(await rotate()).toEqual(rotated);
  });
});

describe('introspection of an API key', () => {
  it('describes it like a private token', async () => {
    const { id, key } = await newKey();
    const answer = await service.call('POST', '/oauth2/introspect', basic('officer', PASSWORD), `token=${key}`);
    expect(await answer.json()).toMatchObject({
      active: true,
      scope: 'messages:send',
      username: 'ada',
      jti: id,
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    const unknown = await service.call(
      'POST',
      '/oauth2/introspect',
      basic('officer', PASSWORD),
      `token=${makeApiKey('sp')}`,
    );
    expect(await unknown.json()).toEqual({ active: false });
  });
});

describe('unknown API keys', () => {
  it('of one client stop being looked up, while its known keys and other clients pass', async () => {
    const { key } = await newKey();
    const [flooder, other] = ['198.51.100.7', '198.51.100.8'];
    expect((await ask(`Bearer ${key}`, flooder)).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 150 }, () => ask(`Bearer ${makeApiKey('sp')}`, flooder)));
    const codes = answers.map(({ problem }) => problem);
    expect(codes.filter((code) => code === 'token_invalid').length).toBeGreaterThanOrEqual(100);
    expect(await ask(`Bearer ${makeApiKey('sp')}`, other)).toMatchObject({ problem: 'token_invalid' });
    expect((await ask(`Bearer ${key}`, flooder)).status).toBe(200);
    const { key: fresh } = await newKey();
    expect((await ask(`Bearer ${fresh}`, other)).status).toBe(200);
  });
});

describe('the command line', () => {
  const config = () => ['--config', join(service.folder, 'sallyport.yaml')];

  it('issues, lists and revokes an API key', async () => {
    const wanted = ['--form', 'key', '--name', 'billing', '--ttl', '90d', '--scopes', 'messages:send', '--json'];
    const issued = await runSallyport(['token', 'issue', 'ada', ...wanted, ...config()]);
    expect(issued).toMatchObject({ code: 0 });
    const [, id = ''] = /"id": ?"([^"]+)"/.exec(issued.output) ?? [];
    const [, token = ''] = /"token": ?"([^"]+)"/.exec(issued.output) ?? [];
    expect(isApiKey(token, 'sp')).toBe(true);
    expect((await ask(`Bearer ${token}`)).status).toBe(200);
    const listed = await runSallyport(['token', 'list', '--account', 'ada', ...config()]);
    expect(listed.output).toMatch(new RegExp(`${id}.*API key`));
    expect(listed.output).not.toContain(token.slice(3));
    const revoked = await runSallyport(['token', 'revoke', '--token-file', '-', ...config()], { input: `${token}\n` });
    expect(revoked).toMatchObject({ code: 0 });
    await expect.poll(() => ask(`Bearer ${token}`)).toMatchObject({ problem: 'token_revoked' });
  });

  it.each([
    [['--form', 'key', '--ttl', '90d'], '--name'],
    [['--form', 'key', '--name', 'x'], '--ttl'],
    [['--form', 'pat', '--name', 'x', '--ttl', '90d'], "'pat'"],
    [['--name', 'x'], '--form key'],
  ])('refuses %j', async (options, named) => {
    const { code, output } = await runSallyport([
      'token',
      'issue',
      'ada',
      '--scopes',
      'messages:send',
      ...options,
      ...config(),
    ]);
    expect(code).not.toBe(0);
    expect(output).toContain(named);
  });
});

it('without apiKeys, form: key is refused and says what to configure', async () => {
  const other = await startTokenService({ env: { SALLYPORT_ACCOUNT: 'ada:secret' } });
  const body = { name: 'x', scopes: ['messages:list'], expires_at: END(), form: 'key' };
  const session = await other.call('POST', '/v1/login', undefined, { name: 'ada', password: 'secret' });
  const { access_token } = (await session.json()) as { access_token: string };
  const answer = await other.call('POST', '/v1/tokens', `Bearer ${access_token}`, body);
  const refused = await answer.json();
  await other.close();
  expect(refused).toMatchObject({
    status: 400,
    code: 'invalid_body',
    errors: [{ field: 'form', message: expect.stringContaining('apiKeys') }],
  });
});
