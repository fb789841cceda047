import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { App } from '../../src/running-app.ts';
import { python3, pythonPackages } from '../../tools/python.ts';
import { PYTHON_PACKAGES } from '../foreign/python-packages.ts';

const JWKS = '/.well-known/jwks.json';
const OWNER = `Basic ${Buffer.from('ada:secret').toString('base64')}`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-jwks-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function start(signing: string): Promise<App> {
  const file = join(folder, 'sallyport.yaml');
  await writeFile(
    file,
    `version: 1
listen: { tokens: "127.0.0.1:0" }
store: "memory:"
scopes: { messages:send: {} }
issuers: [{ name: sallyport, issuer: "https://s.local", signing: { ${signing} } }]
routes: []
log: { level: silent }
`,
  );
  const loaded = loadConfig(file, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const env = { SALLYPORT_ACCOUNT: 'ada:secret' };
  const app = await startApp(loaded.config, { env, logDestination: { write: () => {} } });
  onTestFinished(() => app.close());
  return app;
}

function get(app: App, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://${app.tokens}${JWKS}`, init);
}

async function issue(app: App): Promise<string> {
  const answer = await fetch(`http://${app.tokens}/3rdparty/v1/auth/token`, {
    method: 'POST',
    headers: { authorization: OWNER, 'content-type': 'application/json' },
    body: '{"scopes":["messages:send"]}',
  });
  // The call answers this, which its own tests ask.
  return ((await answer.json()) as { access_token: string }).access_token;
}

describe(`GET ${JWKS}`, () => {
  it('asks nobody who they are, and may be kept for half the time that a new key waits', async () => {
    const app = await start('algorithm: EdDSA, publishAhead: 20m');
    const answer = await get(app);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=600');
    expect(await answer.json()).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String), alg: 'EdDSA', use: 'sig' }],
    });
  });

  it('answers 304 to whoever has it already', async () => {
    const app = await start('algorithm: EdDSA');
    const tag = (await get(app)).headers.get('etag') ?? '';
    for (const condition of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await get(app, { headers: { 'if-none-match': condition } });
      expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([304, '', tag]);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    }
    for (const condition of ['"other"', tag.slice(1), '']) {
      expect((await get(app, { headers: { 'if-none-match': condition } })).status).toBe(200);
    }
  });

  it('answers HEAD as GET, without the keys', async () => {
    const app = await start('algorithm: EdDSA');
    const answer = await get(app, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('etag')).toBe((await get(app)).headers.get('etag'));
  });

  it('has no key where tokens are signed with a shared secret', async () => {
    const app = await start('algorithm: HS256');
    expect(await (await get(app)).json()).toEqual({ keys: [] });
  });
});

describe.each(['EdDSA', 'ES256', 'RS256', 'PS256'])('a token for %s', (algorithm) => {
  it('is verified by jose with what is published', async () => {
    const app = await start(`algorithm: ${algorithm}`);
    const keys = createRemoteJWKSet(new URL(`http://${app.tokens}${JWKS}`));
    const { payload } = await jwtVerify(await issue(app), keys, { issuer: 'https://s.local', typ: 'at+jwt' });
    expect(payload['scopes']).toEqual(['messages:send']);
  });

  it('is verified by PyJWT with what is published', async () => {
    const app = await start(`algorithm: ${algorithm}`);
    const token = await issue(app);
    const script = fileURLToPath(new URL('../foreign/pyjwk-client.py', import.meta.url));
    const packages = await pythonPackages(PYTHON_PACKAGES);
    const verified = await python3(script, packages, `http://${app.tokens}${JWKS}`, algorithm, token);
    expect(JSON.parse(verified)).toEqual(decodeJwt(token));
  });
});
