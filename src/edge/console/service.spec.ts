import { fastify } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import { consolePages } from './service.ts';
import type { ConsoleUseCases } from './use-cases.ts';

const COOKIE = '__Host-sallyport=a.b.c';
const AUTHORITY = { accountId: 'ada', accountVersion: 0, atSeconds: 0, token: undefined };
const failures: unknown[] = [];
const observer = { callFailed: (call: string) => void failures.push(call), foreignFormRefused: () => {} };

afterEach(() => {
  failures.length = 0;
});

/** Opens the pages with the few use cases that a test needs. */
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

describe('a session that cannot be checked', () => {
  it('is kept, and the page says that Sallyport cannot answer', async () => {
    const server = await open(deciding(deny('unavailable', undefined, 'a part failed')));
    const answer = await server.inject({ url: '/console', headers: { cookie: COOKIE } });
    expect([answer.statusCode, answer.headers['set-cookie'], answer.headers['retry-after']]).toEqual([
      503,
      undefined,
      '1',
    ]);
    expect(answer.body).toContain('Sallyport cannot answer right now');
  });

  it('is answered 400 if the path is ambiguous', async () => {
    const server = await open(deciding(deny('path_rejected', undefined, 'path')));
    const answer = await server.inject({ url: '/console/tokens/%2e', headers: { cookie: COOKIE } });
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([400, undefined]);
  });
});

it('a page checks the session once', async () => {
  const requests: unknown[] = [];
  const session = { identity: { subject: 'ada', tokenId: 'id-1' }, use: 'login' };
  const decide = (request: unknown) => {
    requests.push(request);
    return { outcome: 'allow', credential: session } as unknown as Decision;
  };
  const tokenViews = { find: async () => undefined };
  const server = await open({ decider: { decide }, tokenViews });
  const headers = { cookie: COOKIE, 'x-request-id': 'r-1', authorization: 'Basic eDp5' };
  const answer = await server.inject({ url: '/console/tokens/unknown', headers });
  expect([answer.statusCode, requests.length]).toEqual([404, 1]);
  expect(requests).toMatchObject([{ authorization: 'Bearer a.b.c', fromBrowser: true, requestId: 'r-1' }]);
});

it('a refused rotation of a token that seems rotatable names the reason', async () => {
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
  const conflict = { outcome: 'conflict', message: 'rotated already; try again in 15 s' };
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

describe('a revocation at the console', () => {
  const session = { identity: { subject: 'ada', tokenId: 'session' }, use: 'login' };
  const loggedIn = deciding({ outcome: 'allow', credential: session } as unknown as Decision);
  const token = { id: 't1', accountId: 'ada', use: 'access', name: 'server', scopes: [], status: 'active' };
  const post = async (services: object, url: string) => {
    const server = await open({ ...loggedIn, tokenViews: { find: async () => token }, ...services });
    const headers = {
      cookie: COOKIE,
      host: 'localhost',
      origin: 'http://localhost',
      'content-type': 'application/x-www-form-urlencoded',
    };
    return await server.inject({ method: 'POST', url, headers, payload: 'reason=lost' });
  };

  it.each([
    ['revoked', 303, '/console/tokens/t1?notice=revoked'],
    ['not_found', 404, undefined],
  ])('of a token responds according to its outcome: %s', async (outcome, status, location) => {
    const calls: unknown[][] = [];
    const revoke = async (...facts: unknown[]) => {
      calls.push(facts);
      return { outcome };
    };
    const answer = await post({ ownTokenRevocation: { revoke } }, '/console/tokens/t1/revoke');
    expect([answer.statusCode, answer.headers.location]).toEqual([status, location]);
    expect(calls).toEqual([['t1', expect.objectContaining({ account: 'ada' }), 'lost']]);
  });

  it('ends the session at log-out, even if its token has no record', async () => {
    const calls: unknown[][] = [];
    const revokeUnlisted = async (...facts: unknown[]) => {
      calls.push(facts);
      return { outcome: 'done' };
    };
    const answer = await post({ ownTokenRevocation: { revokeUnlisted } }, '/console/logout');
    expect(answer.statusCode).toBe(303);
    expect(answer.headers['set-cookie']).toMatch(/Max-Age=0/);
    expect(calls).toEqual([['session', expect.objectContaining({ account: 'ada' }), 'logged out']]);
  });

  it('says that the user is still logged in if the session token could not be revoked', async () => {
    const revokeUnlisted = async () => ({ outcome: 'too many', retryAfterSeconds: 2 });
    const answer = await post({ ownTokenRevocation: { revokeUnlisted } }, '/console/logout');
    expect([answer.statusCode, answer.headers['retry-after'], answer.headers['set-cookie']]).toEqual([
      429,
      '2',
      undefined,
    ]);
    expect(answer.body).toContain('You are still logged in');
  });
});

it('a failing part is reported to the observer, and the page shows no detail', async () => {
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
  expect([answer.statusCode, failures]).toEqual([503, ['POST /console/login']]);
  expect(answer.body).not.toContain('secret');
  expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
});
