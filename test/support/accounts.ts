import { afterAll, beforeAll, expect } from 'vitest';
import { startTokenService, type TokenService } from './token-service.ts';

export const PASSWORD = 'long enough for anybody';
export const ROOT = ['all:any', 'tokens:manage', 'accounts:manage', 'revocations:write'];

export let service: TokenService;
/** The ids of root and clerk. */
export const ids = new Map<string, string>();
const logins = new Map<string, string>();

/** Starts the service with a root and a clerk before all tests of a spec file, and closes it after them. */
export function useAccounts(): void {
  beforeAll(start);
  afterAll(() => service.close());
}

async function start(): Promise<void> {
  service = await startTokenService();
  for (const [name, scopes] of Object.entries({ root: ROOT, clerk: ['messages:list', 'accounts:manage'] })) {
    ids.set(name, await service.addAccount({ name, password: PASSWORD, scopes }));
    logins.set(name, await logIn(name));
  }
}

interface Answered {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Makes a call; resolves to the parts of the response that the tests check. */
export async function call(...args: Parameters<TokenService['call']>): Promise<Answered> {
  const answer = await service.call(...args);
  const text = await answer.text();
  const retryAfter = answer.headers.get('retry-after');
  // The tests check the members.
  const members = (text === '' ? {} : JSON.parse(text)) as Answered['body'];
  return { status: answer.status, retryAfter, body: members };
}

/** Returns a function that makes calls with an account's login token. */
export function as(name: string): (method: string, path: string, body?: object) => Promise<Answered> {
  return (method, path, body) => call(method, path, logins.get(name), body);
}

export function tryLogIn(name: string, password = PASSWORD): Promise<Answered> {
  return call('POST', '/v1/login', undefined, { name, password });
}

/** Logs an account in; resolves to the Authorization field with its token. */
export async function logIn(name: string, password = PASSWORD): Promise<string> {
  const { status, body } = await tryLogIn(name, password);
  expect(status).toBe(200);
  return `Bearer ${String(body['access_token'])}`;
}

/** Adds an account as root; resolves to its id. */
export async function make(name: string, scopes = ['messages:list']): Promise<string> {
  const { status, body } = await as('root')('POST', '/v1/accounts', { name, password: PASSWORD, scopes });
  expect(status, JSON.stringify(body)).toBe(201);
  return String(body['id']);
}
