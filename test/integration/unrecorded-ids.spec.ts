import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { newTokenId } from '../../src/tokens/token-mint.ts';
import { basic } from '../support/servers/http-client.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { OWN_ISSUER, startTokenService, type TokenService } from '../support/token-service.ts';

/** The longest life of a token by the configuration, in seconds. */
const LONGEST = 31_536_000;
/** The margin for clocks: twice the skew, and a minute. */
const MARGIN = 120;
const PASSWORD = 'a long secret of mine';

let service: TokenService;
/** A second connection to the service's store. */
let store: Store;

beforeAll(async () => {
  const ttl = { default: '1h', max: '2h', privateMax: `${LONGEST / 3_600}h` };
  service = await startTokenService({ config: { issuers: [{ ...OWN_ISSUER, ttl }] } });
  store = await openSqliteStore(join(service.folder, 'store.db'));
  for (const [name, scope] of Object.entries({ ada: 'tokens:manage', officer: 'revocations:write' })) {
    await service.addAccount({ name, password: PASSWORD, scopes: [scope] });
  }
});

afterAll(async () => {
  await store.close();
  await service.close();
});

async function entryOf(id: string) {
  const [entry] = await store.revocations.readEntries([`sallyport:revoked:sallyport:${id}`]);
  return { ...entry, value: JSON.parse(entry?.value ?? '{}') };
}

async function revokeByCommand(id: string, ...options: string[]): Promise<string> {
  const config = ['--config', join(service.folder, 'sallyport.yaml')];
  const named = ['--issuer', 'sallyport', '--jti', id];
  const { code, output } = await runSallyport(['token', 'revoke', ...named, ...options, ...config]);
  expect({ code, output }).toMatchObject({ code: 0 });
  return output;
}

/** Each door that names a token by its id. */
const DOORS: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
  'POST /v1/revocations': async (id) => {
    const body = { issuer: 'sallyport', jti: id };
    return (await service.call('POST', '/v1/revocations', basic('officer', PASSWORD), body)).status;
  },
  'DELETE /3rdparty/v1/auth/token/{jti}': async (id) => {
    return (await service.call('DELETE', `/3rdparty/v1/auth/token/${id}`, basic('ada', PASSWORD))).status;
  },
  'sallyport token revoke': async (id) => {
    const output = await revokeByCommand(id);
    return output.includes('warning: the store has no record of this token') ? 204 : output;
  },
};

it.each(Object.keys(DOORS))('%s revokes an id without a record for as long as any token can live', async (door) => {
  const id = newTokenId();
  const began = Math.floor(Date.now() / 1000);
  expect(await DOORS[door]?.(id)).toBe(204);
  const { value, expiresAtSeconds = 0 } = await entryOf(id);
  expect(expiresAtSeconds).toBeGreaterThanOrEqual(began + LONGEST + MARGIN);
  expect(expiresAtSeconds).toBeLessThanOrEqual(Math.floor(Date.now() / 1000) + LONGEST + MARGIN);
  // Instances remember what an operator names like any other entry.
  expect(value.unrecorded).toBe(door === 'sallyport token revoke' ? undefined : true);
});

it('the time that an operator names is used instead', async () => {
  const id = newTokenId();
  expect(await revokeByCommand(id, '--expires', '2100-01-01')).toContain(
    'warning: the store has no record of this token; it is assumed to expire at 2100-01-01T00:00:00',
  );
  expect((await entryOf(id)).expiresAtSeconds).toBe(Date.UTC(2100, 0, 1) / 1000 + MARGIN);
});

it('a log-out revokes the session token even if the store has lost its record', async () => {
  const headers = { origin: service.origin, 'content-type': 'application/x-www-form-urlencoded' };
  const post = (path: string, body: string, cookie = '') => {
    const sent = { ...headers, ...(cookie === '' ? {} : { cookie }) };
    return fetch(`${service.origin}${path}`, { method: 'POST', headers: sent, body, redirect: 'manual' });
  };
  const loggedIn = await post('/console/login', new URLSearchParams({ name: 'ada', password: PASSWORD }).toString());
  const cookie = loggedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const { jti = '' } = decodeJwt(cookie.split('=')[1] ?? '');
  const database = new DatabaseSync(join(service.folder, 'store.db'));
  expect(database.prepare('DELETE FROM token WHERE id = ?').run(jti).changes).toBe(1);
  database.close();
  const page = () => fetch(`${service.origin}/console`, { headers: { cookie }, redirect: 'manual' });
  expect((await page()).status).toBe(200);
  expect((await post('/console/logout', '', cookie)).status).toBe(303);
  expect((await entryOf(jti)).value).toMatchObject({ reason: 'logged out', unrecorded: true });
  await expect.poll(async () => (await page()).status).toBe(303);
});
