import { afterAll, beforeAll } from 'vitest';
import { basic } from './servers/http-client.ts';
import { startTokenService, type TokenService } from './token-service.ts';

/** The credentials with which every call is tried. */
export const CREDENTIALS = ['password', 'manager', 'access', 'login', 'private'] as const;
export type CredentialName = (typeof CREDENTIALS)[number];

export const inADay = (): string => new Date(now() + 86_400_000).toISOString();

/** An account with one credential of each kind. */
export interface Caller {
  readonly credentials: Readonly<Record<CredentialName, string>>;
  readonly ids: Readonly<Record<'private', string>>;
  makePrivate(): Promise<{ id: string; access_token: string }>;
}

/** Moves the clock of the service. */
export const time = { aheadMs: 0 };
const now = (): number => Date.now() + time.aheadMs;

export let service: TokenService;
export let ada: Caller;
export let bob: Caller;

/** Starts the service with two accounts before all tests of a spec file, and closes it after them. */
export function useCallers(): void {
  beforeAll(start);
  afterAll(() => service.close());
}

async function start(): Promise<void> {
  service = await startTokenService({
    config: { scopes: { 'messages:send': {}, 'messages:list': { description: 'List', maxTtl: '90d' } } },
    env: { SALLYPORT_ACCOUNT: 'ada:secret' },
    clock: { wallMs: now, monotonicMs: () => performance.now() },
  });
  await service.addAccount({ name: 'bob', password: 'the other one of bob', scopes: ['messages:list'] });
  ada = await makeCaller('ada', 'secret', ['tokens:manage']);
  bob = await makeCaller('bob', 'the other one of bob', ['messages:list']);
}

/** Logs an account in and issues its tokens. @param managing the scopes of its `manager` token. */
export async function makeCaller(name: string, password: string, managing: string[]): Promise<Caller> {
  const owner = basic(name, password);
  const issue = async (scopes: string[]): Promise<string> =>
    `Bearer ${(await json('POST', '/3rdparty/v1/auth/token', owner, { scopes })).access_token}`;
  const login = `Bearer ${(await json('POST', '/v1/login', undefined, { name, password })).access_token}`;
  const makePrivate = () =>
    json('POST', '/v1/tokens', login, { name: 'server', scopes: ['messages:list'], expires_at: inADay() });
  const made = await makePrivate();
  return {
    credentials: {
      password: owner,
      manager: await issue(managing),
      access: await issue(['messages:list']),
      login,
      private: `Bearer ${made.access_token}`,
    },
    ids: { private: made.id },
    makePrivate,
  };
}

export function call(...args: Parameters<TokenService['call']>): Promise<Response> {
  return service.call(...args);
}

/** The members of responses that the tests read. */
interface Answered {
  readonly status: unknown;
  readonly code: unknown;
  readonly errors: unknown;
  readonly id: string;
  readonly access_token: string;
  readonly tokens: readonly { readonly id: string }[];
  readonly next: string;
}

/** Makes a call; resolves to the JSON of the response. */
export async function json(...args: Parameters<TokenService['call']>): Promise<Answered> {
  return bodyOf(await call(...args));
}

export async function bodyOf(answer: Response): Promise<Answered> {
  // The tests check the members.
  return (await answer.json()) as Answered;
}
