import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExposition } from '../../test/support/exposition.ts';
import { redisConfig, redisForTest } from '../../test/support/redis/config.ts';
import { basic } from '../../test/support/servers/basic.ts';
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
  // What its members hold is what the tests ask.
  return (await answer.json()) as Record<string, string>;
}

describe('the token service', () => {
  let app: App;

  beforeAll(async () => {
    app = await startApp(await configure(), { env: { SALLYPORT_ACCOUNT: 'demo:secret' }, logDestination });
  });

  afterAll(async () => {
    await app.close();
  });

  function call(path: string, init: RequestInit): Promise<Response> {
    return fetch(`http://${app.tokens}${path}`, init);
  }

  it.each([
    ['no credential', {}, 401, 'credentials_required'],
    ['a wrong password', { authorization: 'Basic ZGVtbzp4' }, 401, 'credentials_invalid'],
    ['a token that is none', { authorization: 'Bearer x' }, 401, 'token_invalid'],
    ['two credentials', { authorization: `${OWNER}, Bearer x` }, 400, 'invalid_request'],
  ])('with %s answers before it reads the body', async (_what, headers, status, code) => {
    const answer = await call(TOKENS, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: '{"broken' });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code, status, type: `urn:sallyport:problem:${code}` });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('www-authenticate')).toContain('Bearer realm="sallyport"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['broken JSON', '{"ttl":', JSON_TYPE, 400, 'invalid_body'],
    ['no body', undefined, JSON_TYPE, 400, 'invalid_body'],
    ['a text', '{"scopes":["messages:send"]}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['a form', 'ttl=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['over 64 KB', JSON.stringify({ scopes: ['x'.repeat(70_000)] }), JSON_TYPE, 413, 'too_large'],
    [
      'a prototype',
      '{"__proto__":{"scopes":["messages:send"]},"scopes":["messages:send"]}',
      JSON_TYPE,
      400,
      'invalid_body',
    ],
  ])('answers %s in kind', async (_what, body, type, status, code) => {
    const headers = { ...type, authorization: OWNER };
    const answer = await call(TOKENS, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
    expect([answer.status, (await bodyOf(answer))['code']]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it.each([
    [{}, [{ field: 'scopes', message: 'a list of scopes' }]],
    [{ scopes: [] }, [{ field: 'scopes', message: 'at least one scope' }]],
    [{ scopes: [1] }, [{ field: 'scopes[0]', message: 'a scope is a string' }]],
    [{ scopes: ['messages:send'], ttl: 0 }, [{ field: 'ttl', message: 'at least 1 second' }]],
    [{ scopes: ['messages:send'], ttl: 1.5 }, [{ field: 'ttl', message: 'a whole number of seconds' }]],
    [{ scopes: ['messages:send'], ttl: '60' }, [{ field: 'ttl', message: 'a whole number of seconds' }]],
    [{ scopes: ['messages:send'], tll: 60 }, [{ field: 'tll', message: 'not a field of this call' }]],
    [[], [{ field: '', message: 'a JSON object' }]],
  ])('says what is wrong with %j', async (body, errors) => {
    const headers = { ...JSON_TYPE, authorization: OWNER };
    const answer = await call(TOKENS, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(await answer.json()).toMatchObject({ status: 400, code: 'invalid_body', errors });
  });

  it.each([
    ['GET', `${TOKENS}s`],
    ['GET', '/'],
    ['POST', `${TOKENS}/x/y`],
    ['POST', '/messages'],
  ])('answers %s %s with not_found', async (method, path) => {
    const answer = await call(path, { method });
    expect([answer.status, (await bodyOf(answer))['code']]).toEqual([404, 'not_found']);
  });

  it.each([
    ['a long id', 'x'.repeat(1500), {}],
    ['a content type without a body', 'x', JSON_TYPE],
  ])('answers a revocation with %s as any other', async (_what, id, headers) => {
    const init = { method: 'DELETE', headers: { ...headers, authorization: OWNER } };
    expect((await call(`${TOKENS}/${id}`, init)).status).toBe(204);
  });

  it.each(['/%zz', `${TOKENS}/%zz`, `${TOKENS}/${'x'.repeat(3000)}`])('answers %s in kind', async (path) => {
    const answer = await call(path, { method: 'DELETE', headers: { authorization: OWNER } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain('zz');
  });

  it('waits for no body of a call that is none', async () => {
    const { hostname, port } = new URL(`http://${app.tokens}`);
    const socket = connect(Number(port), hostname);
    socket.write('POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 404 /);
    socket.destroy();
  });

  it('refuses an id that two parsers read in two ways', async () => {
    const answer = await call(`${TOKENS}/a%2fb`, { method: 'DELETE', headers: { authorization: OWNER } });
    expect([answer.status, (await bodyOf(answer))['code']]).toEqual([400, 'path_rejected']);
  });
});

describe('startApp', () => {
  it('closes again what it had opened, where a door cannot open', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    // A TCP server that listens has an address of this form.
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

  it('shows itself on the admin door', async () => {
    const config = await configure('log: { audit: ./audit.log }');
    const listener = { address: { host: '127.0.0.1', port: 0 }, tls: undefined };
    const app = await startApp(
      { ...config, listen: { ...config.listen, admin: listener } },
      { env: {}, logDestination },
    );
    const answer = await fetch(`http://${app.admin}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'ready', components: { feed: { status: 'ok' } } });
    const scrape = parseExposition(await (await fetch(`http://${app.admin}/metrics`)).text());
    expect(scrape.value('sallyport_known_tokens')).toBe(0);
    expect(scrape.value('sallyport_feed_age_seconds')).toBeUndefined();
    await app.close();
    await expect(fetch(`http://${app.admin}/livez`)).rejects.toThrow();
  });

  it('rejects where the audit log cannot be opened, before anything else is', async () => {
    const config = await configure('log: { audit: ./none/audit.log }', 'sqlite:./unopened.db');
    const start = startApp(config, { env: {}, logDestination });
    await expect(start).rejects.toThrow('log.audit: cannot open the file: ENOENT');
    expect(existsSync(join(folder, 'unopened.db'))).toBe(false);
  });

  it('goes on in a new audit log when it is reloaded, and refuses one that cannot be opened', async () => {
    const app = await startApp(await configure('log: { audit: ./moved.log }'), { env: {}, logDestination });
    const file = join(folder, 'moved.log');
    const reload = async (more: string): Promise<void> => {
      const loaded = { ok: true, warnings: [], config: await configure(more), files: [] } as const;
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

  it('rejects where the signing key was sealed with another secret', async () => {
    const config = await configure('', 'sqlite:./sealed.db');
    await (await startApp(config, { env: {}, logDestination })).close();
    await writeFile(join(folder, 'sealed.db.seal'), `${Buffer.alloc(32).toString('base64url')}\n`);
    await expect(startApp(config, { env: {}, logDestination })).rejects.toThrow(/not the one they were sealed with/);
  });

  it('keeps its signing key, its accounts and its revocations over a restart', async () => {
    const config = await configure('', 'sqlite:./kept.db');
    const env = { SALLYPORT_ACCOUNT: 'demo:secret' };
    const call = (app: App, method: string, path: string, credential: string): Promise<Response> =>
      fetch(`http://${app.tokens}${path}`, {
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

  it('remembers when a token was used, and not when somebody asked about it', async () => {
    const config = await configure('', 'sqlite:./used.db');
    const app = await startApp(config, { env: { SALLYPORT_ACCOUNT: 'demo:secret' }, logDestination });
    const post = (path: string, authorization: string, type: string, body: string): Promise<Response> =>
      fetch(`http://${app.tokens}${path}`, { method: 'POST', headers: { 'content-type': type, authorization }, body });
    const issue = async (authorization: string) =>
      await bodyOf(await post(TOKENS, authorization, 'application/json', '{"scopes":["tokens:manage"]}'));
    const [used, asked] = [await issue(OWNER), await issue(OWNER)];
    await issue(`Bearer ${used['access_token']}`);
    const form = `token=${asked['access_token']}`;
    const told = await post('/oauth2/introspect', OWNER, 'application/x-www-form-urlencoded', form);
    expect(await bodyOf(told)).toMatchObject({ active: true });
    await app.close();
    const store = await openSqliteStore(join(folder, 'used.db'));
    const times = await Promise.all(
      [used, asked].map(async ({ id }) => (await store.tokens.find(`${id}`))?.lastUsedAtSeconds),
    );
    await store.close();
    expect(times).toEqual([expect.any(Number), undefined]);
  });
});

it('the log says what the store warns of', async () => {
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
