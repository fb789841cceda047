import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { forgeWith, hmac } from './jwt/forge.ts';
import { basic } from './servers/http-client.ts';
import { OWN_ISSUER, startTokenService, type TokenService } from './token-service.ts';

const PARTNER_SECRET = 'a secret of a partner, long enough for it';
const PARTNER = { name: 'partner', issuer: 'https://partner.example' };
const GONE = { name: 'gone', issuer: 'https://gone.example' };
export const ISSUER = OWN_ISSUER.issuer;
/** Form encoding changes this password. */
export const PASSWORD = 'p+ss %41:wörd+é =&';

/** The accounts and their scopes. */
const ACCOUNTS = {
  ada: ['messages:send', 'tokens:manage'],
  bob: ['messages:send'],
  auditor: ['access:introspect'],
  officer: ['revocations:write'],
  eve: ['messages:send'],
} as const;
export type AccountName = keyof typeof ACCOUNTS;

export let service: TokenService;
/** A second connection to the service's store. */
export let store: Store;
export const ids = new Map<string, string>();
/** A token with all scopes for each account except eve, because passwords take time to verify. */
export const bearers = new Map<AccountName, string>();

/**
 * Starts a service before all tests of a spec file, and closes it after them. It has five accounts, a partner's issuer
 * and an issuer that cannot be reached.
 */
export function useOauth(): void {
  beforeAll(start);
  afterAll(async () => {
    await store.close();
    await service.close();
  });
}

async function start(): Promise<void> {
  service = await startTokenService({
    config: {
      issuers: [
        { ...OWN_ISSUER, audience: 'sms-api' },
        { ...PARTNER, audience: 'any', algorithms: ['HS256'], secrets: [{ env: 'PARTNER' }] },
        { ...GONE, audience: 'any', algorithms: ['RS256'], jwks: 'http://127.0.0.1:1/' },
      ],
    },
    env: { PARTNER: PARTNER_SECRET },
  });
  store = await openSqliteStore(join(service.folder, 'store.db'));
  for (const [name, scopes] of Object.entries(ACCOUNTS)) {
    const email = `${name}@example.com`;
    ids.set(name, await service.addAccount({ name, email, password: PASSWORD, scopes }));
  }
  for (const name of ['ada', 'bob', 'auditor', 'officer'] as const) {
    const body = { scopes: ACCOUNTS[name] };
    const { access_token } = await issuedBy(post('/3rdparty/v1/auth/token', basic(name, PASSWORD), body));
    bearers.set(name, `Bearer ${access_token}`);
  }
}

/** Sends a form, given as a string, or JSON. */
export function post(path: string, authorization: string | undefined, body: string | object): Promise<Response> {
  return service.call('POST', path, authorization, body);
}

interface Issued {
  readonly id: string;
  readonly access_token: string;
}

/** Issues a token of ada, the only account that may issue more. */
export async function issue(...scopes: string[]): Promise<Issued> {
  return issuedBy(post('/3rdparty/v1/auth/token', bearers.get('ada'), { scopes }));
}

async function issuedBy(call: Promise<Response>): Promise<Issued> {
  const answer = await call;
  expect(answer.status).toBe(201);
  return (await answer.json()) as Issued; // by the description of the call
}

export const now = (): number => Math.floor(Date.now() / 1000);

export function partnerToken(claims: object = {}, secret = PARTNER_SECRET): string {
  const payload = { iss: 'https://partner.example', sub: 'p', jti: 'p1', exp: now() + 600, iat: now() };
  return forgeWith({ alg: 'HS256', typ: 'JWT' }, { ...payload, scope: 'messages:send x', ...claims }, hmac(secret));
}

/** Introspects a token with an account's bearer token; resolves to the members of the response. */
export async function introspect(name: AccountName, token: string): Promise<Record<string, unknown>> {
  const answer = await post('/oauth2/introspect', bearers.get(name), new URLSearchParams({ token }).toString());
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return (await answer.json()) as Record<string, unknown>; // by RFC 7662
}

/** Deletes a token's record, as a restored backup or a failover can lose it. */
export function forgetRecord(id: string): void {
  const database = new DatabaseSync(join(service.folder, 'store.db'), { timeout: 5_000 });
  database.prepare('DELETE FROM token WHERE id = ?').run(id);
  database.close();
}

/** Returns the last audit record that names a token. */
export function auditOf(tokenId: string): unknown {
  const line = service.lines.findLast((one) => one.includes(tokenId) && one.includes('"log":"audit"'));
  return line === undefined ? undefined : JSON.parse(line);
}
