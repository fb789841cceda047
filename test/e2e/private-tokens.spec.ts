import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, type CaseIssuers, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { optionsFor, type Platform, startPlatform } from '../support/servers/platform.ts';
import { STORES, type StoreUnderTest } from '../support/servers/stores.ts';

const TOKENS_PAGE = new URL('../../docs/tokens.md', import.meta.url);
const MESSAGES = '/3rdparty/v1/messages';
const LOGIN = { email: ACCOUNT.name, password: ACCOUNT.password };

let issuers: CaseIssuers;
let store: StoreUnderTest;
let platform: Platform;

describe.each(STORES)('private tokens through Envoy, on $name', (kind) => {
  beforeAll(async () => {
    issuers = await startCaseIssuers();
    store = await kind.start();
    platform = await startPlatform(optionsFor(issuers, store));
  });

  afterAll(async () => {
    await platform.close();
    await store.close();
    issuers.close();
  });

  it('are created with a login, used, rotated with an overlap, listed and revoked', async () => {
    const login = await logIn();
    expect(await json('GET', MESSAGES, login)).toMatchObject({ service: 'messages' });
    const made = await json('POST', '/v1/tokens', login, {
      name: 'billing server',
      scopes: ['messages:list'],
      expires_at: inDays(30),
    });
    expect(made).toMatchObject({ name: 'billing server', scopes: ['messages:list'], token_type: 'Bearer' });
    expect(await statusOf('GET', MESSAGES, made.access_token)).toBe(200);
    expect(await statusOf('POST', MESSAGES, made.access_token)).toBe(403);

    const rotation = { expires_at: inDays(20), overlap: 2 };
    const heir = await json('POST', `/v1/tokens/${made.id}/rotate`, made.access_token, rotation);
    const again = await call('POST', `/v1/tokens/${made.id}/rotate`, login, rotation);
    expect([again.status, JSON.parse(again.body).message]).toEqual([
      409,
      `the token was already rotated to ${heir.id}`,
    ]);
    expect(await statusOf('GET', MESSAGES, heir.access_token)).toBe(200);
    await expect.poll(() => statusOf('GET', MESSAGES, made.access_token), { timeout: 10_000 }).toBe(401);
    expect(await statusOf('GET', MESSAGES, heir.access_token)).toBe(200);

    expect(await statusOf('DELETE', `/v1/tokens/${heir.id}`, login, { reason: 'server sold' })).toBe(204);
    expect(await statusOf('GET', MESSAGES, heir.access_token)).toBe(401);
    const { tokens } = await json('GET', '/v1/tokens', login);
    expect(tokens.find(({ id }) => id === made.id)).toMatchObject({ status: 'revoked', rotated_to: heir.id });
    const revoked = { reason: 'server sold', by: expect.any(String), at: expect.any(String) };
    expect(tokens.find(({ id }) => id === heir.id)).toMatchObject({
      name: 'billing server',
      status: 'revoked',
      revoked,
    });
  });

  it('are created by the example in docs/tokens.md, with the configuration of the demo', async () => {
    const [, body = ''] = /-d '(\{"name":"billing server".*\})'/.exec(await readFile(TOKENS_PAGE, 'utf8')) ?? [];
    const made = await json('POST', '/v1/tokens', await logIn(), { ...JSON.parse(body), expires_at: inDays(120) });
    expect(made).toMatchObject({ name: 'billing server', token_type: 'Bearer' });
  });

  it('show their last use, also after a restart', async () => {
    const login = await logIn();
    const request = { name: 'x', scopes: ['messages:list'], expires_at: inDays(1) };
    const made = await json('POST', '/v1/tokens', login, request);
    expect(await json('GET', `/v1/tokens/${made.id}`, login)).toMatchObject({ last_used_at: null });
    const before = Date.now();
    await expect.poll(() => statusOf('GET', MESSAGES, made.access_token)).toBe(200);
    await platform.sallyport.stop();
    await platform.restart();
    const shown = await json('GET', `/v1/tokens/${made.id}`, await logIn());
    expect(Date.parse(shown.last_used_at)).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
  });

  it('are created once by a request with a key, even if it is repeated after a restart', async () => {
    const login = await logIn();
    const key = `"${crypto.randomUUID()}"`;
    const send = async (path: string, body: object): Promise<readonly [status: number, id: string]> => {
      const headers = [
        ['Authorization', `Bearer ${login}`],
        ['Content-Type', 'application/json'],
        ['Idempotency-Key', key],
      ] as const;
      const answer = await sendRequest({
        port: platform.port,
        method: 'POST',
        path,
        headers,
        body: JSON.stringify(body),
      });
      return [answer.status, JSON.parse(answer.body).id];
    };
    const request = { name: 'once', scopes: ['messages:list'], expires_at: inDays(1) };
    const [status, id] = await send('/v1/tokens', request);
    expect(status).toBe(201);
    expect((await send('/v1/tokens', { ...request, name: 'other' }))[0]).toBe(422);
    await platform.sallyport.stop();
    await platform.restart();
    expect(await send('/v1/tokens', request)).toEqual([201, id]);
    const { tokens } = await json('GET', '/v1/tokens?limit=100', login);
    expect(tokens.filter(({ name }) => name === 'once').map((token) => token.id)).toEqual([id]);
  });

  it('are rotated once by many requests at once', async () => {
    const login = await logIn();
    const request = { name: 'x', scopes: ['messages:list'], expires_at: inDays(1) };
    const made = await json('POST', '/v1/tokens', login, request);
    const before = await json('GET', '/v1/tokens?limit=100', login);
    const rotate = () => statusOf('POST', `/v1/tokens/${made.id}/rotate`, login, { expires_at: inDays(1) });
    const statuses = await Promise.all(Array.from({ length: 200 }, rotate));
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(199);
    const after = await json('GET', '/v1/tokens?limit=100', login);
    expect(after.tokens).toHaveLength(before.tokens.length + 1);
  });

  it('are never logged', async () => {
    const login = await logIn();
    const made = await json('POST', '/v1/tokens', login, {
      name: 'x',
      scopes: ['messages:list'],
      expires_at: inDays(1),
    });
    await statusOf('POST', '/v1/login', undefined, { ...LOGIN, password: 'a wrong password' });
    await expect.poll(() => platform.sallyport.output()).toContain('log-in refused');
    for (const secret of [login, made.access_token, ACCOUNT.password, 'a wrong password']) {
      expect(platform.sallyport.output()).not.toContain(secret);
      expect(platform.sallyport.output()).not.toContain(secret.split('.').at(-1));
    }
  });
});

/** The members of response bodies that the tests read. */
interface Answered {
  readonly id: string;
  readonly access_token: string;
  readonly last_used_at: string;
  readonly tokens: readonly { readonly id: string; readonly name: string | null }[];
}

async function logIn(): Promise<string> {
  return (await json('POST', '/v1/login', undefined, LOGIN)).access_token;
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}

async function json(method: string, path: string, token?: string, body?: object): Promise<Answered> {
  // The tests check the members.
  return JSON.parse((await call(method, path, token, body)).body) as Answered;
}

async function statusOf(method: string, path: string, token?: string, body?: object): Promise<number> {
  return (await call(method, path, token, body)).status;
}

function call(method: string, path: string, token?: string, body?: object): Promise<HttpResponse> {
  return platform.call(method, path, token && `Bearer ${token}`, body);
}
