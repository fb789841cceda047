import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExposition } from '../../test/support/exposition.ts';
import { redisConfig, redisForTest } from '../../test/support/redis/config.ts';
import { basic } from '../../test/support/servers/http-client.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import type { App } from './running-app.ts';
import { startApp } from './start.ts';

const TOKENS = '/3rdparty/v1/auth/token';
const OWNER = basic('demo', 'secret');
const JSON_TYPE = { 'content-type': 'application/json' };

let folder: string;
const lines: string[] = [];
const logDestination = { write: (line: string) => void lines.push(line) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-app-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function configure(more = '', store = '"memory:"'): Promise<Config> {
  const file = join(folder, 'sallyport.yaml');
  const text = `version: 1
listen: { tokens: "127.0.0.1:0", extAuthz: "127.0.0.1:0" }
store: ${store}
scopes: { messages:send: {} }
issuers: [{ name: sallyport, issuer: "https://s.local", signing: { algorithm: ES256 } }]
routes: [{ path: /messages, scope: "messages:send" }]
${more}`;
  await writeFile(file, text);
  const loaded = loadConfig(file, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

async function bodyOf(answer: Response): Promise<Record<string, string>> {
  // The tests check the members.
  return (await answer.json()) as Record<string, string>;
}

describe('startApp', () => {
  it('closes everything again if a listener cannot open', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    // A listening TCP server has an address of this form.
    const { port } = taken.address() as AddressInfo;
    const config = await configure();
    const blocked = {
      ...config,
      listen: { ...config.listen, tokens: { address: { host: '127.0.0.1', port }, tls: undefined } },
    };
    lines.length = 0;
    await expect(startApp(blocked, { env: {}, logDestination })).rejects.toThrow(
      `listen.tokens: cannot listen on 127.0.0.1:${port}`,
    );
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['not started']);
    taken.close();
  });

  it('serves health and metrics on the admin door', async () => {
    const config = await configure('log: { audit: ./audit.log }');
    const listener = { address: { host: '127.0.0.1', port: 0 }, tls: undefined };
    const app = await startApp(
      { ...config, listen: { ...config.listen, admin: listener } },
      { env: {}, logDestination },
    );
    const answer = await fetch(`http://${app.addresses.admin}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'ready', components: { feed: { status: 'ok' } } });
    const scrape = parseExposition(await (await fetch(`http://${app.addresses.admin}/metrics`)).text());
    expect(scrape.value('sallyport_known_tokens')).toBe(0);
    expect(scrape.value('sallyport_feed_age_seconds')).toBeUndefined();
    await app.close();
    await expect(fetch(`http://${app.addresses.admin}/livez`)).rejects.toThrow();
  });

  it('rejects if the audit log cannot be opened, before it opens anything else', async () => {
    const config = await configure('log: { audit: ./none/audit.log }', 'sqlite:./unopened.db');
    const start = startApp(config, { env: {}, logDestination });
    await expect(start).rejects.toThrow('log.audit: cannot open the file: ENOENT');
    expect(existsSync(join(folder, 'unopened.db'))).toBe(false);
  });

  it('reopens the audit log on a reload, and refuses one that cannot be opened', async () => {
    const app = await startApp(await configure('log: { audit: ./moved.log }'), { env: {}, logDestination });
    const file = join(folder, 'moved.log');
    const reload = async (more: string): Promise<void> => {
      const loaded = {
        ok: true,
        warnings: [],
        unchecked: [],
        config: await configure(more),
        files: [],
        globs: [],
      } as const;
      lines.length = 0;
      await app.reload(loaded);
    };
    await rename(file, `${file}.1`);
    await reload('log: { audit: ./moved.log }');
    expect(await readFile(file, 'utf8')).toContain('configuration taken up');
    await reload('log: { audit: ./none/audit.log }');
    expect(lines.join('')).toContain('log.audit: cannot open the file: ENOENT');
    expect(lines.join('')).toContain('configuration not taken up');
    await reload('log: { level: silent }');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ log: 'audit', msg: 'configuration taken up' }]);
    await app.close();
  });

  it('serves the metadata of resources beside the token service, and takes up others by a reload', async () => {
    const resource = (path: string): string =>
      `resources: [{ name: r, url: "https://sms.example.com/${path}", authorizationServers: ["https://s.local"] }]`;
    const app = await startApp(await configure(resource('mcp')), { env: {}, logDestination });
    const statusOf = async (path: string): Promise<number> =>
      (await fetch(`http://${app.addresses.tokens}/.well-known/${path}`)).status;
    const metadata = 'oauth-protected-resource';
    expect(await statusOf(`${metadata}/mcp`)).toBe(200);
    expect(await statusOf('jwks.json')).toBe(200);
    await app.reload({
      ok: true,
      warnings: [],
      unchecked: [],
      config: await configure(resource('other')),
      files: [],
      globs: [],
    });
    expect([await statusOf(`${metadata}/mcp`), await statusOf(`${metadata}/other`)]).toEqual([404, 200]);
    await app.close();
  });

  it('rejects if the signing key was sealed with another secret', async () => {
    const config = await configure('', 'sqlite:./sealed.db');
    await (await startApp(config, { env: {}, logDestination })).close();
    await writeFile(join(folder, 'sealed.db.seal'), `${Buffer.alloc(32).toString('base64url')}\n`);
    await expect(startApp(config, { env: {}, logDestination })).rejects.toThrow(/not the one they were sealed with/);
  });

  it('keeps its signing key, accounts and revocations across a restart', async () => {
    const config = await configure('', 'sqlite:./kept.db');
    const env = { SALLYPORT_ACCOUNT: 'demo:secret' };
    const call = (app: App, method: string, path: string, credential: string): Promise<Response> =>
      fetch(`http://${app.addresses.tokens}${path}`, {
        method,
        headers: { ...(method === 'POST' ? JSON_TYPE : {}), authorization: credential },
        ...(method === 'POST' ? { body: '{"scopes":["tokens:manage"]}' } : {}),
      });
    const first = await startApp(config, { env, logDestination });
    const kept = await bodyOf(await call(first, 'POST', TOKENS, OWNER));
    const revoked = await bodyOf(await call(first, 'POST', TOKENS, OWNER));
    expect((await call(first, 'DELETE', `${TOKENS}/${revoked['id']}`, OWNER)).status).toBe(204);
    await first.close();

    const second = await startApp(config, { env: {}, logDestination });
    expect((await call(second, 'POST', TOKENS, `Bearer ${kept['access_token']}`)).status).toBe(201);
    expect((await call(second, 'POST', TOKENS, `Bearer ${revoked['access_token']}`)).status).toBe(401);
    await second.close();
  });

  it('records the last use of a token, but not an introspection', async () => {
    const config = await configure('', 'sqlite:./used.db');
    const app = await startApp(config, { env: { SALLYPORT_ACCOUNT: 'demo:secret' }, logDestination });
    const post = (path: string, authorization: string, type: string, body: string): Promise<Response> =>
      fetch(`http://${app.addresses.tokens}${path}`, {
        method: 'POST',
        headers: { 'content-type': type, authorization },
        body,
      });
    const issue = async (authorization: string) =>
      await bodyOf(await post(TOKENS, authorization, 'application/json', '{"scopes":["tokens:manage"]}'));
    const [used, introspected] = [await issue(OWNER), await issue(OWNER)];
    await issue(`Bearer ${used['access_token']}`);
    const form = `token=${introspected['access_token']}`;
    const answer = await post('/oauth2/introspect', OWNER, 'application/x-www-form-urlencoded', form);
    expect(await bodyOf(answer)).toMatchObject({ active: true });
    await app.close();
    const store = await openSqliteStore(join(folder, 'used.db'));
    const times = await Promise.all(
      [used, introspected].map(async ({ id }) => (await store.tokens.find(`${id}`))?.lastUsedAtSeconds),
    );
    await store.close();
    expect(times).toEqual([expect.any(Number), undefined]);
  });
});

it('startApp() logs the warning of the store', async () => {
  const { port } = await redisForTest();
  const config = await configure();
  const store = redisConfig(port, { minReplicas: 1 });
  const app = await startApp(
    { ...config, issuers: [], listen: { ...config.listen, tokens: undefined }, store },
    { env: {}, logDestination },
  );
  await app.close();
  expect(lines.join('')).toContain('has 0 replicas and minReplicas is 1');
});
