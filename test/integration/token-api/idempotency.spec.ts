import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../../support/servers/http-client.ts';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

const PASSWORD = 'long enough for anybody';
const IN_A_DAY = new Date(Date.now() + 86_400_000).toISOString();

let service: TokenService;
let login: string;

beforeAll(async () => {
  service = await startTokenService();
  const scopes = ['messages:list', 'tokens:manage', 'accounts:manage'];
  await service.addAccount({ name: 'ada', password: PASSWORD, scopes });
  await service.addAccount({ name: 'bob', password: PASSWORD, scopes });
  login = await logIn('ada');
});

afterAll(() => service.close());

interface Answered {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

async function logIn(name: string): Promise<string> {
  const answer = await service.call('POST', '/v1/login', undefined, { name, password: PASSWORD });
  const { access_token } = (await answer.json()) as Record<string, string>;
  return `Bearer ${access_token}`;
}

async function post(path: string, body: object, key?: string, authorization = login): Promise<Answered> {
  const headers = {
    authorization,
    'content-type': 'application/json',
    ...(key !== undefined && { 'idempotency-key': key }),
  };
  const answer = await fetch(`${service.origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    // The tests check the members.
    body: (await answer.json()) as Answered['body'],
  };
}

let keys = 0;
const newKey = (): string => `key-${++keys}`;

const create = (key?: string, more: object = {}, authorization?: string) =>
  post('/v1/tokens', { name: 'x', scopes: ['messages:list'], expires_at: IN_A_DAY, ...more }, key, authorization);

async function tokens(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const listed = await service.call('GET', '/v1/tokens?limit=100', login);
  return ((await listed.json()) as { tokens: Readonly<Record<string, unknown>>[] }).tokens;
}

describe('Idempotency-Key', () => {
  it.each([
    ['issuing an access token', () => '/3rdparty/v1/auth/token', { scopes: ['messages:list'], ttl: 60 }],
    ['creating a private token', () => '/v1/tokens', { name: 'x', scopes: ['messages:list'], expires_at: IN_A_DAY }],
    [
      'rotating a token',
      async () => `/v1/tokens/${String((await create()).body['id'])}/rotate`,
      { expires_at: IN_A_DAY, overlap: 60 },
    ],
  ])('makes a repeated request create one token and return it again: %s', async (_act, path, body) => {
    const [at, key] = [await path(), newKey()];
    const before = (await tokens()).length;
    const first = await post(at, body, key);
    expect(first.status).toBe(201);
    const again = await post(at, body, `"${key}"`);
    // The claims are the same; the signature differs, because ECDSA signatures are randomized.
    const { access_token: token, accessToken: _same, ...rest } = first.body;
    expect(again).toMatchObject({ status: 201, body: rest });
    expect(decodeJwt(String(again.body['access_token']))).toEqual(decodeJwt(String(token)));
    expect(await tokens()).toHaveLength(before + 1);
    const used = await service.call('GET', `/v1/tokens/${String(first.body['id'])}`, login);
    expect(await used.json()).toMatchObject({ status: 'active', rotated_to: null });
  });

  it('makes a repeated request add one account, and none after that was removed', async () => {
    const [account, key] = [{ name: 'new', password: PASSWORD, scopes: ['messages:list'] }, newKey()];
    const first = await post('/v1/accounts', account, key);
    expect(first.status).toBe(201);
    expect(await post('/v1/accounts', account, key)).toEqual(first);
    const other = await post('/v1/accounts', { ...account, password: 'another one of these' }, key);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    await service.call('DELETE', `/v1/accounts/${String(first.body['id'])}`, login);
    expect(await post('/v1/accounts', account, key)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await post('/v1/accounts', account, newKey())).status).toBe(201);
  });

  it('makes simultaneous requests create one token; each returns it or is told to retry', async () => {
    const key = newKey();
    const before = (await tokens()).length;
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(key)));
    const made = answers.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ body }) => body['id'])).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(answer).toMatchObject({ status: 409, retryAfter: '1', body: { code: 'request_in_progress' } });
    }
    expect(await tokens()).toHaveLength(before + 1);
  });

  it.each([
    ['a different body', (key: string) => create(key, { name: 'y' })],
    ['a different call', (key: string) => post('/3rdparty/v1/auth/token', { scopes: ['messages:list'] }, key)],
  ])('is refused with %s', async (_change, again) => {
    const key = newKey();
    await create(key);
    expect(await again(key)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('belongs to one account, whichever credential it calls with', async () => {
    const key = newKey();
    const body = { scopes: ['messages:list'] };
    const first = await post('/3rdparty/v1/auth/token', body, key, basic('ada', PASSWORD));
    expect((await post('/3rdparty/v1/auth/token', body, key)).body['id']).toBe(first.body['id']);
    const others = await post('/3rdparty/v1/auth/token', body, key, await logIn('bob'));
    expect(others.status).toBe(201);
    expect(others.body['id']).not.toBe(first.body['id']);
  });

  it('can be used again after the request was refused', async () => {
    const key = newKey();
    expect((await create(key, { scopes: ['messages:sent'] })).status).toBe(400);
    expect((await create(key)).status).toBe(201);
  });

  it('is refused if it is malformed, and nothing is created', async () => {
    const before = (await tokens()).length;
    for (const key of ['""', '"a", "b"', 'a b']) {
      expect(await create(key)).toMatchObject({ status: 400, body: { code: 'invalid_idempotency_key' } });
    }
    expect(await tokens()).toHaveLength(before);
  });

  it('returns a token that was revoked meanwhile, which stays revoked', async () => {
    const key = newKey();
    const { body } = await create(key);
    await service.call('DELETE', `/v1/tokens/${String(body['id'])}`, login);
    const again = await create(key);
    expect([again.status, again.body['id']]).toEqual([201, body['id']]);
    const used = await service.call('GET', '/v1/scopes', `Bearer ${String(again.body['access_token'])}`);
    expect(await used.json()).toMatchObject({ code: 'token_revoked' });
  });

  it('stores no token, and leaves an audit record for each response', async () => {
    service.lines.length = 0;
    const key = newKey();
    const { body } = await create(key);
    await create(key);
    const lines = service.lines.map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.filter(({ tokenId }) => tokenId === body['id'])).toMatchObject([
      { log: 'audit', msg: 'token issued' },
      { log: 'audit', msg: 'token shown again' },
    ]);
    const [, , signature = 'none'] = String(body['access_token']).split('.');
    for (const file of readdirSync(service.folder).filter((name) => name.startsWith('store.db'))) {
      expect(readFileSync(join(service.folder, file)).includes(signature), file).toBe(false);
    }
  });
});
