import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeApiKey } from '../../src/lib/api-key/api-key.ts';
import { sendRequest } from '../support/servers/http-client.ts';
import { type Platform, startPlatform } from '../support/servers/platform.ts';
import { REDIS, type StoreUnderTest } from '../support/servers/stores.ts';

const MESSAGES = '/3rdparty/v1/messages';

let store: StoreUnderTest;
let platform: Platform;
let login: string;

beforeAll(async () => {
  store = await REDIS.start();
  platform = await startPlatform({
    env: { ...store.env, SALLYPORT_ACCOUNT: 'ada:secret' },
    edit: (config) => {
      store.edit(config);
      config['apiKeys'] = { prefix: 'sp' };
      // The demo's file has a list.
      const routes = config['routes'] as { path: string; credentials?: object }[];
      for (const route of routes) {
        if (route.path === MESSAGES) route.credentials = ['authorization', { header: 'x-api-key' }];
      }
    },
  });
  const answer = await platform.call('POST', '/v1/login', undefined, { name: 'ada', password: 'secret' });
  login = `Bearer ${String(JSON.parse(answer.body).access_token)}`;
});

afterAll(async () => {
  await platform.close();
  await store.close();
});

async function newKey(): Promise<{ readonly id: string; readonly key: string }> {
  const expires_at = new Date(Date.now() + 86_400_000).toISOString();
  const body = { name: 'server', scopes: ['messages:list'], expires_at, form: 'key' };
  const { id, access_token: key } = JSON.parse((await platform.call('POST', '/v1/tokens', login, body)).body);
  return { id: String(id), key: String(key) };
}

async function get(...headers: readonly (readonly [string, string])[]) {
  const answer = await sendRequest({ port: platform.port, method: 'GET', path: MESSAGES, headers });
  return answer.status === 200 ? 200 : (JSON.parse(answer.body) as { code: string }).code;
}

describe('an API key through Envoy, on Redis', () => {
  it('passes as a bearer token and in the header of the route, until it is revoked', async () => {
    const { id, key } = await newKey();
    expect(await get(['Authorization', `Bearer ${key}`])).toBe(200);
    expect(await get(['X-Api-Key', key])).toBe(200);
    expect(await get(['X-Api-Key', key], ['Authorization', `Bearer ${key}`])).toBe('invalid_request');
    expect(await get(['X-Api-Key', makeApiKey('sp')])).toBe('token_invalid');
    expect((await platform.call('DELETE', `/v1/tokens/${id}`, login)).status).toBe(204);
    await expect.poll(() => get(['Authorization', `Bearer ${key}`])).toBe('token_revoked');
    await expect.poll(() => get(['X-Api-Key', key])).toBe('token_revoked');
  });

  it('survives a restart', async () => {
    const { key } = await newKey();
    await platform.sallyport.stop();
    await platform.restart();
    await expect.poll(() => get(['Authorization', `Bearer ${key}`]), { timeout: 10_000 }).toBe(200);
  });
});
