import { fastify } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import { consolePages } from './service.ts';
import type { ConsoleUseCases } from './use-cases.ts';

const COOKIE = '__Host-sallyport=a.b.c';
const AUTHORITY = { accountId: 'ada', accountVersion: 0, atSeconds: 0, token: undefined };
const told: unknown[] = [];
const observer = { callFailed: (call: string) => void told.push(call), foreignFormRefused: () => {} };

afterEach(() => {
  told.length = 0;
});

/** The pages, with services of which a test needs few. */
async function open(services: object) {
  const server = fastify();
  const authorities = { nowSeconds: () => 0, of: async () => AUTHORITY };
  const parts = {
    services: () => ({ authorities, ...services }) as unknown as ConsoleUseCases,
    observer,
    clock: { wallMs: () => 0 },
  };
  await server.register(consolePages(parts));
  return server;
}

const deciding = (decision: Decision) => ({ decider: { decide: () => decision } });

describe('a session that cannot be judged', () => {
  it('is not ended, and the page says that it is not available', async () => {
    const server = await open(deciding(deny('unavailable', undefined, 'a part failed')));
    const answer = await server.inject({ url: '/console', headers: { cookie: COOKIE } });
    expect([answer.statusCode, answer.headers['set-cookie'], answer.headers['retry-after']]).toEqual([
      503,
      undefined,
      '1',
    ]);
    expect(answer.body).toContain('Sallyport cannot answer right now');
  });

  it('at a path that reads in two ways is 400', async () => {
    const server = await open(deciding(deny('path_rejected', undefined, 'path')));
    const answer = await server.inject({ url: '/console/tokens/%2e', headers: { cookie: COOKIE } });
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([400, undefined]);
  });
});

it('a page asks once who it is that visits', async () => {
  const asked: unknown[] = [];
  const session = { identity: { subject: 'ada', tokenId: 'id-1' }, use: 'login' };
  const decide = (request: unknown) => {
    asked.push(request);
    return { outcome: 'allow', credential: session } as unknown as Decision;
  };
  const tokenViews = { find: async () => undefined };
  const server = await open({ decider: { decide }, tokenViews });
  const answer = await server.inject({ url: '/console/tokens/unknown', headers: { cookie: COOKIE } });
  expect([answer.statusCode, asked.length]).toEqual([404, 1]);
});

it('a rotation that is refused, of a token that looks as if it could be rotated, says why', async () => {
  const session = { identity: { subject: 'ada', tokenId: 'id-1' }, use: 'login' };
  const token = {
    id: 'old',
    accountId: 'ada',
    use: 'private',
    name: 'server',
    scopes: [],
    status: 'active',
    successor: 'new',
    ending: undefined,
    createdAtSeconds: 0,
    expiresAtSeconds: 9_000_000,
  };
  const conflict = { outcome: 'conflict', message: 'rotated already; ask again in 15 s' };
  const server = await open({
    ...deciding({ outcome: 'allow', credential: session } as unknown as Decision),
    tokenViews: { find: async () => token },
    rotation: { rotate: async () => conflict },
  });
  const answer = await server.inject({
    method: 'POST',
    url: '/console/tokens/old/rotate',
    headers: {
      cookie: COOKIE,
      host: 'localhost',
      origin: 'http://localhost',
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: 'ends=30&overlap=0',
  });
  expect([answer.statusCode, answer.headers.location]).toEqual([400, undefined]);
  expect(answer.body).toContain(conflict.message);
});

it('a part that breaks is a page without a word about it, and a line in the log', async () => {
  const broken = () => Promise.reject(new Error('the store holds secret'));
  const server = await open({ logIn: { logIn: broken } });
  const headers = { origin: 'http://localhost', 'content-type': 'application/x-www-form-urlencoded' };
  const options = { host: 'localhost', ...headers };
  const answer = await server.inject({
    method: 'POST',
    url: '/console/login',
    headers: options,
    payload: 'name=a&password=b',
  });
  expect([answer.statusCode, told]).toEqual([503, ['POST /console/login']]);
  expect(answer.body).not.toContain('secret');
  expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
});
