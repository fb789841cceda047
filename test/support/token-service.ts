import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Accounts, type NewAccount } from '../../src/accounts/accounts.ts';
import { Passwords } from '../../src/accounts/passwords/passwords.ts';
import type { App } from '../../src/app/running-app.ts';
import { startApp } from '../../src/app/start.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblems } from '../../src/config/reading/problems.ts';
import type { Clock } from '../../src/core/ports.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { OPERATOR, recordAudit } from './audit.ts';
import { withRevocations } from './store/revocations.ts';

/** The issuer that signs, in most tests. */
export const OWN_ISSUER = { name: 'sallyport', issuer: 'https://s.local', signing: { algorithm: 'ES256' } };

const USUAL = {
  version: 1,
  listen: { tokens: '127.0.0.1:0' },
  store: 'sqlite:./store.db',
  scopes: { 'messages:send': {}, 'messages:list': {} },
  issuers: [OWN_ISSUER],
  routes: [{ path: '/messages', scope: 'messages:send' }],
};

export interface TokenServiceOptions {
  /** Sections of the configuration in place of the usual ones: one issuer, two scopes, a store in the folder. */
  readonly config?: object;
  /** `SALLYPORT_ACCOUNT`, secrets that the configuration names. */
  readonly env?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
}

/** Sallyport's token service and console in this process. */
export interface TokenService {
  /** `http://127.0.0.1:port`. */
  readonly origin: string;
  /** The origin of the listener `verify`, if `config` opens it. */
  readonly verify: string;
  /** `host:port` of each open listener, by its key. */
  readonly addresses: App['addresses'];
  /** Holds the configuration, and the store in `store.db`. */
  readonly folder: string;
  /** Every line that it has logged. */
  readonly lines: string[];
  /** Sends one request. A string is sent as an encoded form, an object as JSON. */
  call(method: string, path: string, authorization?: string, body?: string | object): Promise<Response>;
  /** Adds an account in the store while the service runs; resolves to its id. */
  addAccount(account: NewAccount): Promise<string>;
  close(): Promise<void>;
}

/** Starts one on a free port, with its files in a new folder. */
export async function startTokenService({
  config,
  env = {},
  clock = systemClock,
}: TokenServiceOptions = {}): Promise<TokenService> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-tokens-'));
  const file = join(folder, 'sallyport.yaml');
  await writeFile(file, JSON.stringify({ ...USUAL, ...config }));
  const loaded = loadConfig(file, env);
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  const lines: string[] = [];
  const logDestination = { write: (line: string) => void lines.push(line) };
  const app = await startApp(loaded.config, { env, clock, logDestination });
  const origin = `http://${app.addresses.tokens}`;
  const verify = `http://${app.addresses.verify}`;
  const addAccount = async (account: NewAccount): Promise<string> => {
    const store = await openSqliteStore(join(folder, 'store.db'));
    const catalogue = new Set(loaded.config.scopes.keys());
    const accounts = new Accounts({
      store: withRevocations(store),
      passwords: new Passwords(),
      issuer: OWN_ISSUER.name,
      catalogue,
      clock,
      audit: recordAudit().audit,
    });
    const added = await accounts.add(OPERATOR, account);
    await store.close();
    if ('outcome' in added) throw new Error(added.message);
    return added.id;
  };
  const close = async (): Promise<void> => {
    await app.close();
    await rm(folder, { recursive: true });
  };
  return {
    origin,
    verify,
    addresses: app.addresses,
    folder,
    lines,
    call: (...request) => call(origin, ...request),
    addAccount,
    close,
  };
}

function call(origin: string, ...[method, path, authorization, body]: Parameters<TokenService['call']>) {
  const headers = new Headers(authorization === undefined ? {} : { authorization });
  if (body === undefined) return fetch(`${origin}${path}`, { method, headers });
  const isForm = typeof body === 'string';
  headers.set('content-type', isForm ? 'application/x-www-form-urlencoded' : 'application/json');
  return fetch(`${origin}${path}`, { method, headers, body: isForm ? body : JSON.stringify(body) });
}
