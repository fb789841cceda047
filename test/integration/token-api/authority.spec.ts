import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Passwords } from '../../../src/accounts/passwords/passwords.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { basic } from '../../support/servers/http-client.ts';
import type { SlowCallOptions } from '../../support/slow-call.ts';
import { beginCall } from '../../support/slow-call.ts';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

const PASSWORD = 'quite long enough a secret';
const ROOT = ['all:any', 'tokens:manage', 'accounts:manage'];
const SCOPES = ['messages:send', 'messages:list', 'tokens:manage'];
const JSON_TYPE = { 'content-type': 'application/json' };
/** Time for the headers to be admitted. The body may follow within 250 ms without a second check. */
const ADMITTED_MS = 60;

/** An instance whose wall clock is off by `aheadMs`. */
interface Instance {
  readonly service: TokenService;
  readonly time: { aheadMs: number };
}

async function start(aheadMs: number, folder?: string): Promise<Instance> {
  const time = { aheadMs };
  const clock = { wallMs: () => Date.now() + time.aheadMs, monotonicMs: () => performance.now() };
  const config = folder === undefined ? {} : { store: `sqlite:${join(folder, 'store.db')}` };
  return { service: await startTokenService({ config, clock }), time };
}

type Body = Readonly<Record<string, unknown>>;

async function json(answer: Response): Promise<Body> {
  // The tests check the members.
  return (await answer.json()) as Body;
}

function logIn({ service }: Instance, name: string, password = PASSWORD): Promise<Response> {
  return service.call('POST', '/v1/login', undefined, { name, password });
}

async function bearerOf(instance: Instance, name: string, password = PASSWORD): Promise<string> {
  const answer = await logIn(instance, name, password);
  expect(answer.status).toBe(200);
  return `Bearer ${String((await json(answer))['access_token'])}`;
}

async function statusOf({ service }: Instance, authorization: string): Promise<number> {
  return (await service.call('GET', '/v1/scopes', authorization)).status;
}

describe('a request whose account changes between its headers and its body', () => {
  let instance: Instance;
  let store: Store;
  let anotherHash: string;
  let count = 0;
  const portOf = (): number => Number(new URL(instance.service.origin).port);
  const inADay = (): number => Date.now() + instance.time.aheadMs + 86_400_000;

  beforeAll(async () => {
    instance = await start(0);
    store = await openSqliteStore(join(instance.service.folder, 'store.db'));
    const hashed = await new Passwords().hash('another secret, quite long');
    if (hashed.outcome === 'busy') throw new Error('busy');
    anotherHash = hashed.value;
  });

  afterAll(async () => {
    await store.close();
    await instance.service.close();
  });

  type Begin = (name: string) => Promise<Omit<SlowCallOptions, 'port'>>;
  const createBody = () => JSON.stringify({ name: 'x', scopes: ['messages:list'], expires_at: new Date(inADay()) });

  const ATTEMPTS: Readonly<Record<string, Begin>> = {
    'issue an access token with Basic': async (name) => {
      const authorization = basic(name, PASSWORD);
      // The password is cached from here on, so the next request waits for no hash.
      expect(await statusOf(instance, authorization)).toBe(200);
      return {
        path: '/3rdparty/v1/auth/token',
        headers: { ...JSON_TYPE, authorization },
        body: JSON.stringify({ scopes: ['messages:list'] }),
      };
    },
    'issue an access token with a login token': async (name) => ({
      path: '/3rdparty/v1/auth/token',
      headers: { ...JSON_TYPE, authorization: await bearerOf(instance, name) },
      body: JSON.stringify({ scopes: ['messages:list'] }),
    }),
    'create a private token': async (name) => ({
      path: '/v1/tokens',
      headers: { ...JSON_TYPE, authorization: await bearerOf(instance, name) },
      body: createBody(),
    }),
    'rotate the token that it presents': async (name) => {
      const made = await instance.service.call('POST', '/v1/tokens', await bearerOf(instance, name), {
        ...JSON.parse(createBody()),
      });
      const { id, access_token: token } = await json(made);
      return {
        path: `/v1/tokens/${String(id)}/rotate`,
        headers: { ...JSON_TYPE, authorization: `Bearer ${String(token)}` },
        body: JSON.stringify({ expires_at: new Date(inADay() - 60_000) }),
      };
    },
    'create a token in the console': async (name) => ({
      path: '/console/tokens/new',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: instance.service.origin,
        cookie: `__Host-sallyport=${(await bearerOf(instance, name)).slice('Bearer '.length)}`,
      },
      body: new URLSearchParams({ name: 'x', scopes: 'messages:list', ends: '7' }).toString(),
    }),
  };

  it.each(Object.entries(ATTEMPTS))('does not %s that is valid', async (_act, begin) => {
    const name = `user-${count++}`;
    const id = await instance.service.addAccount({ name, password: PASSWORD, scopes: SCOPES });
    const call = beginCall({ port: portOf(), ...(await begin(name)) });
    await wait(ADMITTED_MS);
    const mark = `sallyport:notbefore:sallyport:${id}`;
    expect(await store.accounts.update(id, { passwordHash: anotherHash }, { mark })).toMatchObject({
      outcome: 'updated',
    });
    // The body arrives in the next second, but soon after the headers.
    instance.time.aheadMs += 1_000;
    const answer = await call.finish();
    const token = /[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/.exec(answer.body)?.[0];
    const status = token === undefined ? 401 : await statusOf(instance, `Bearer ${token}`);
    expect(status).toBe(401);
    // 303: the console leads to the log-in. 409: the token to rotate is revoked.
    expect([401, 303, 409]).toContain(answer.status);
  });

  it.each([
    ['add an account', 'POST', () => '/v1/accounts', { name: 'eve', password: PASSWORD, scopes: ['messages:list'] }],
    ['change an account', 'PATCH', (id: string) => `/v1/accounts/${id}`, { password: 'a password of the thief' }],
  ])('does not %s', async (_act, method, path, body) => {
    const [name, other] = [`user-${count++}`, `user-${count++}`];
    const id = await instance.service.addAccount({ name, password: PASSWORD, scopes: [...SCOPES, 'accounts:manage'] });
    const otherId = await instance.service.addAccount({ name: other, password: PASSWORD, scopes: ['messages:list'] });
    const before = await store.accounts.list();
    const headers = { ...JSON_TYPE, authorization: await bearerOf(instance, name) };
    const options = { port: portOf(), method, path: path(otherId), headers, body: JSON.stringify(body) };
    const call = beginCall(options);
    await wait(ADMITTED_MS);
    await store.accounts.update(id, { disabled: true }, { mark: `sallyport:notbefore:sallyport:${id}` });
    expect((await call.finish()).status).toBe(401);
    const after = (await store.accounts.list()).filter((account) => account.id !== id);
    expect(after).toEqual(before.filter((account) => account.id !== id));
  });

  it('creates valid tokens if the account does not change, even with a late body', async () => {
    for (const begin of Object.values(ATTEMPTS)) {
      const name = `user-${count++}`;
      await instance.service.addAccount({ name, password: PASSWORD, scopes: SCOPES });
      const call = beginCall({ port: portOf(), ...(await begin(name)) });
      await wait(ADMITTED_MS);
      instance.time.aheadMs += 1_000;
      const answer = await call.finish();
      const token = /[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/.exec(answer.body)?.[0];
      expect(await statusOf(instance, `Bearer ${token}`)).toBe(200);
    }
  });
});

describe('instances on one store whose clocks differ by 20 s', () => {
  let right: Instance;
  let ahead: Instance;
  let behind: Instance;
  let root: string;

  beforeAll(async () => {
    right = await start(0);
    ahead = await start(20_000, right.service.folder);
    behind = await start(-20_000, right.service.folder);
    await right.service.addAccount({ name: 'root', password: PASSWORD, scopes: ROOT });
    root = await bearerOf(right, 'root');
  });

  afterAll(async () => {
    for (const { service } of [ahead, behind, right]) await service.close();
  });

  async function add(name: string): Promise<string> {
    return await right.service.addAccount({ name, password: PASSWORD, scopes: SCOPES });
  }

  async function change({ service }: Instance, id: string, edit: object): Promise<void> {
    expect((await service.call('PATCH', `/v1/accounts/${id}`, root, edit)).status).toBe(200);
  }

  it.each([
    ['a new password', { password: 'another secret, quite long' }],
    ['fewer scopes', { scopes: ['messages:list'] }],
    ['disabling', { disabled: true }],
  ])('revoke on all of them what the one ahead issued: %s', async (what, edit) => {
    const id = await add(`ended by ${what}`);
    const token = await bearerOf(ahead, `ended by ${what}`);
    expect(await statusOf(right, token)).toBe(200);
    await change(right, id, edit);
    for (const instance of [right, ahead]) await expect.poll(() => statusOf(instance, token)).toBe(401);
  });

  it('revoke by a change on the one behind what the right one issued', async () => {
    const id = await add('changed behind');
    const token = await bearerOf(right, 'changed behind');
    await change(behind, id, { password: 'another secret, quite long' });
    for (const instance of [right, behind]) await expect.poll(() => statusOf(instance, token)).toBe(401);
  });

  it('accept a log-in after a change everywhere, even one on the instance behind', async () => {
    const id = await add('logs in again');
    // The account's mark is 20 s ahead of the right clock, and 40 s ahead of the one behind.
    await bearerOf(ahead, 'logs in again');
    await change(right, id, { password: 'another secret, quite long' });
    for (const instance of [right, ahead]) {
      const token = await bearerOf(instance, 'logs in again', 'another secret, quite long');
      for (const one of [right, ahead]) expect(await statusOf(one, token)).toBe(200);
    }
    const other = await add('logs in again, too');
    await change(right, other, { password: 'another secret, quite long' });
    const token = await bearerOf(behind, 'logs in again, too', 'another secret, quite long');
    for (const one of [right, ahead, behind]) expect(await statusOf(one, token)).toBe(200);
  });

  it('refuse a log-in on one whose clock is behind by more than the skew, with a log line', async () => {
    const id = await add('logs in too far behind');
    await bearerOf(ahead, 'logs in too far behind');
    await change(right, id, { password: 'another secret, quite long' });
    const refused = await logIn(behind, 'logs in too far behind', 'another secret, quite long');
    expect([refused.status, (await json(refused))['code']]).toEqual([503, 'unavailable']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(30);
    const line = behind.service.lines.find((one) => one.includes("this instance's clock is behind"));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: expect.anything(), account: id });
    expect(JSON.parse(line ?? '{}').behindSeconds).toBeGreaterThan(30);
  });

  it('revoke every token even if a clock stepped back', async () => {
    const id = await add('stepped back');
    const token = await bearerOf(ahead, 'stepped back');
    ahead.time.aheadMs = 0;
    await change(ahead, id, { password: 'another secret, quite long' });
    ahead.time.aheadMs = 20_000;
    await expect.poll(() => statusOf(ahead, token)).toBe(401);
  });
});
