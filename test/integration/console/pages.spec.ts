import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { ada, logIn, POLICY, service, useConsole, visit } from '../../support/console.ts';

useConsole();

it.each(['console.css', 'console.js', 'icon.svg'])('%s is served without a session, and revalidated', async (name) => {
  const path = `/console/assets/${name}`;
  const { status, headers } = await visit('GET', path);
  expect(status).toBe(200);
  expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
  const again = await visit('GET', path, { headers: [['If-None-Match', headers.etag ?? '']] });
  expect([again.status, again.body]).toEqual([304, '']);
});

describe('the list of tokens', () => {
  it('shows tokens in use and tokens that expire soon, after thousands of newer records', async () => {
    const scopes = ['messages:list'];
    const accountId = await service.addAccount({ name: 'busy', password: 'quite busy all day long', scopes });
    const cookie = await logIn('busy', 'quite busy all day long');
    const store = await openSqliteStore(join(service.folder, 'store.db'));
    const nowSeconds = Math.floor(Date.now() / 1000);
    const record = { accountId, scopes, createdAtSeconds: nowSeconds - 1_000, expiresAtSeconds: nowSeconds + 86_400 };
    await store.tokens.add({ ...record, id: 'oldest-of-them', use: 'private', name: 'behind the crowd' }, 0);
    const crowd = Array.from({ length: 2_500 }, (_, index) => {
      const [createdAtSeconds, use] = [nowSeconds - 900, index % 2 === 0 ? 'login' : 'access'] as const;
      return { ...record, id: `crowd-${index}`, use, createdAtSeconds, expiresAtSeconds: nowSeconds - 1 };
    });
    await Promise.all(crowd.map((one) => store.tokens.add(one, 0)));
    await store.close();
    const { body } = await visit('GET', '/console', { cookie });
    expect(body).toContain('Expiring within 7 days');
    expect(body).not.toContain('You have no tokens in use');
    expect(body.match(/behind the crowd<\/bdi>/g)).toHaveLength(2);
  });

  it('continues after a token that was deleted', async () => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const gone = await visit('GET', `/console?show=all&after=${nowSeconds + 60}.gone`, { cookie: ada });
    expect(gone.status).toBe(200);
    expect(gone.body).toContain('Log-in');
  });
});

describe('a problem', () => {
  const BROWSER = [['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8']] as const;
  it.each([
    ['GET', '/console/nothing', 404, 'no such path'],
    ['PUT', '/console/login', 405, 'PUT is not allowed here; use one of GET, HEAD, OPTIONS, POST'],
    ['GET', '/v1/tokens', 401, 'credentials required'],
    ['GET', '/favicon', 404, 'no such path'],
  ])('is a page for a browser and JSON for a program: %s %s', async (method, path, status, message) => {
    const page = await visit(method, path, { headers: BROWSER });
    expect([page.status, page.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
    expect([page.headers['content-security-policy'], page.headers.vary]).toEqual([POLICY, 'Accept']);
    expect(page.body).toContain(message);
    expect(page.body).toContain('<a href="/console">Go to your tokens</a>');
    for (const accept of ['*/*', 'application/json', 'text/html, application/json;q=0.5']) {
      const json = await visit(method, path, { headers: [['Accept', accept]] });
      expect([json.status, json.headers['content-type']]).toEqual([status, 'application/problem+json']);
    }
  });
});
