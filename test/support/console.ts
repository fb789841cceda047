import { decodeJwt } from 'jose';
import { afterAll, beforeAll } from 'vitest';
import { type HttpResponse, sendRequest } from './servers/http-client.ts';
import { startTokenService, type TokenService } from './token-service.ts';

export const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
export const CLEARED = ['__Host-sallyport=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict'];
export const FORM = { ends: '7', scopes: 'messages:list', name: 'x', overlap: '0', reason: '', password: 'x' };

/** Every page but the log-in, with its status for a caller who has access. */
export const PAGES = [
  ['GET', () => '/console', 200],
  ['GET', () => '/console/tokens/new', 200],
  ['POST', () => '/console/tokens/new', 200],
  ['GET', (id: string) => `/console/tokens/${id}`, 200],
  ['GET', (id: string) => `/console/tokens/${id}/rotate`, 200],
  ['POST', (id: string) => `/console/tokens/${id}/rotate`, 200],
  ['GET', (id: string) => `/console/tokens/${id}/revoke`, 200],
  ['POST', (id: string) => `/console/tokens/${id}/revoke`, 303],
  ['POST', () => '/console/logout', 303],
] as const;
export const POSTS = [...PAGES.filter(([method]) => method === 'POST'), ['POST', () => '/console/login', 401] as const];

export const time = { aheadMs: 0 };
const now = (): number => Date.now() + time.aheadMs;

export let service: TokenService;
export let port: number;
export let ada: string;
export let bob: string;

/** Starts the service with its two accounts before all tests of a spec file, and closes it after them. */
export function useConsole(): void {
  beforeAll(start);
  afterAll(() => service.close());
}

async function start(): Promise<void> {
  service = await startTokenService({
    config: { scopes: { 'messages:send': { maxTtl: '1d' }, 'messages:list': { description: '<i>List</i>' } } },
    env: { SALLYPORT_ACCOUNT: 'ada:secret' },
    clock: { wallMs: now, monotonicMs: () => performance.now() },
  });
  port = Number(new URL(service.origin).port);
  await service.addAccount({ name: 'bob', password: 'another secret of bob', scopes: ['messages:list'] });
  ada = await logIn('ada', 'secret');
  bob = await logIn('bob', 'another secret of bob');
}

export interface VisitOptions {
  readonly cookie?: string | undefined;
  readonly form?: Readonly<Record<string, string>>;
  /** Header fields to add. If given, no default `Origin` is sent. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

export function visit(
  method: string,
  path: string,
  { cookie, form = FORM, headers }: VisitOptions = {},
): Promise<HttpResponse> {
  const origin = [['Origin', `http://127.0.0.1:${port}`]] as const;
  const type = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
  const all = [
    ...(cookie === undefined ? [] : [['Cookie', cookie] as const]),
    ...(method === 'POST' ? [...(headers ? [] : origin), ...type] : []),
    ...(headers ?? []),
  ];
  return sendRequest({
    port,
    method,
    path,
    headers: all,
    body: method === 'POST' ? new URLSearchParams(form).toString() : '',
  });
}

export async function logIn(name: string, password: string): Promise<string> {
  const { headers } = await visit('POST', '/console/login', { form: { name, password } });
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** Creates a private token through the page; resolves to its id and the token. */
export async function make(cookie: string, form: Partial<typeof FORM> = {}): Promise<{ id: string; token: string }> {
  const { body } = await visit('POST', '/console/tokens/new', { cookie, form: { ...FORM, ...form } });
  const [, token = ''] = /<textarea[^>]*>([^<]+)</.exec(body) ?? [];
  return { id: decodeJwt(token).jti ?? '', token };
}

/** Resolves to the status of a token in the API. */
export async function statusOf(id: string): Promise<unknown> {
  const login = await service.call('POST', '/v1/login', undefined, { name: 'ada', password: 'secret' });
  const { access_token } = (await login.json()) as Record<string, string>;
  const shown = await service.call('GET', `/v1/tokens/${id}`, `Bearer ${access_token}`);
  return ((await shown.json()) as Record<string, unknown>)['status'];
}
