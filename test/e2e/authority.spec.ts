import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newAccountId } from '../../src/accounts/account-id.ts';
import { Passwords } from '../../src/accounts/passwords/passwords.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { type CaseIssuers, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { basic, call } from '../support/servers/http-client.ts';
import { optionsFor, type Platform, startPlatform } from '../support/servers/platform.ts';
import { SQLITE, type StoreUnderTest } from '../support/servers/stores.ts';
import { beginCall } from '../support/slow-call.ts';

const PASSWORD = 'quite long enough a secret';
const SCOPES = ['messages:list', 'tokens:manage'];
const TRIES = 4;
/** When in a second headers are sent, so that the body arrives in the next one while the admission is valid (250 ms). */
const HEADERS_AT_MS = 850;
const ADMITTED_MS = 60;

let issuers: CaseIssuers;
let kind: StoreUnderTest;
let platform: Platform;
/** Opens the store like the command line. */
let store: Store;
let passwordHash: string;
let count = 0;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  kind = await SQLITE.start();
  platform = await startPlatform(optionsFor(issuers, kind));
  store = await openSqliteStore(join(platform.sallyport.folder, 'sallyport.db'));
  const hashed = await new Passwords().hash(PASSWORD);
  if (hashed.outcome === 'busy') throw new Error('busy');
  passwordHash = hashed.value;
});

afterAll(async () => {
  await store.close();
  await platform.close();
  await kind.close();
  issuers.close();
});

async function add(): Promise<{ readonly id: string; readonly name: string }> {
  const added = { id: newAccountId(), name: `user-${count++}` };
  const times = { createdAtSeconds: Math.floor(Date.now() / 1000), version: 0 };
  await store.accounts.add({ ...added, passwordHash, scopes: SCOPES, disabled: false, ...times });
  return added;
}

async function logIn(name: string): Promise<string> {
  const { status, body } = await call(platform.port, 'POST', '/v1/login', undefined, { name, password: PASSWORD });
  expect(status, body).toBe(200);
  return String(JSON.parse(body).access_token);
}

/** The requests that create a token, each with a credential that Sallyport has in its cache. */
const ATTEMPTS = [
  async (name: string) => {
    const authorization = basic(name, PASSWORD);
    await call(platform.port, 'DELETE', '/3rdparty/v1/auth/token/unknown', authorization);
    return {
      path: '/3rdparty/v1/auth/token',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ scopes: ['messages:list'] }),
    };
  },
  async (name: string) => ({
    path: '/v1/tokens',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await logIn(name)}` },
    body: JSON.stringify({ name: 'x', scopes: ['messages:list'], expires_at: new Date(Date.now() + 86_400_000) }),
  }),
  async (name: string) => ({
    path: '/console/tokens/new',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: `http://127.0.0.1:${platform.port}`,
      cookie: `__Host-sallyport=${await logIn(name)}`,
    },
    body: new URLSearchParams({ name: 'x', scopes: 'messages:list', ends: '7' }).toString(),
  }),
] as const;

async function untilSecond(milliseconds: number): Promise<void> {
  await wait((milliseconds - (Date.now() % 1000) + 1000) % 1000);
}

/** Resolves to the status of a request with the token of a response; 401 without one. */
async function useOf(body: string): Promise<number> {
  const token = /[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/.exec(body)?.[0];
  if (token === undefined) return 401;
  return (await call(platform.port, 'GET', '/3rdparty/v1/messages', `Bearer ${token}`)).status;
}

it('a new password between headers and body leaves no valid token, through Envoy: Basic, login, console', async () => {
  const uses: number[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    const made = await Promise.all(
      ATTEMPTS.map(async (begin) => {
        const account = await add();
        return { account, options: { port: platform.port, ...(await begin(account.name)) } };
      }),
    );
    await untilSecond(HEADERS_AT_MS);
    const calls = made.map(({ options }) => beginCall(options));
    await wait(ADMITTED_MS);
    const changing = made.map(({ account: { id } }) =>
      store.accounts.update(id, { passwordHash: 'another' }, { mark: `sallyport:notbefore:sallyport:${id}` }),
    );
    const changed = await Promise.all(changing);
    expect(new Set(changed.map(({ outcome }) => outcome))).toEqual(new Set(['updated']));
    await untilSecond(10);
    const answers = await Promise.all(calls.map(({ finish }) => finish()));
    // A revocation may take this long to arrive.
    await wait(1_000);
    for (const { body } of answers) uses.push(await useOf(body));
  }
  expect(uses).toEqual(uses.map(() => 401));
});

it('the same requests create valid tokens if nothing changes, through Envoy', async () => {
  for (const begin of ATTEMPTS) {
    const { name } = await add();
    const slow = beginCall({ port: platform.port, ...(await begin(name)) });
    await wait(ADMITTED_MS);
    expect(await useOf((await slow.finish()).body)).toBe(200);
  }
});
