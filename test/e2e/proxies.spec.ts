import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certify, hasOpenssl } from '../support/certificates.ts';
import { forge } from '../support/jwt/forge.ts';
import { jwkOf, p256 } from '../support/jwt/keys.ts';
import { setOf } from '../support/jwt/publisher.ts';
import { startTunnels, type Tunnels } from '../support/proxy/tunnels.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { type IssuerServer, startIssuerServer } from '../support/servers/issuer-server.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

/** No resolver knows these names (RFC 6761, section 6.2): only the proxy finds the servers. */
const HOSTS = ['keys.test', 'trusted.test', 'metadata.test', 'tokens.test', 'direct.test'];

/** The status of gRPC with which a decision is unavailable. */
const UNAVAILABLE = '14';

const KEY_SET = setOf(jwkOf(p256, { kid: 'a' }));

const answer: RequestListener = ({ url, headers }, response) => {
  const origin = `https://${headers.host}`;
  if (url === '/introspect') response.end(JSON.stringify({ active: true, sub: 'app', scope: 'messages:send' }));
  else if (url === '/.well-known/openid-configuration') {
    response.end(JSON.stringify({ issuer: origin, jwks_uri: `${origin}/jwks` }));
  } else response.end(KEY_SET);
};

let folder: string;
let server: IssuerServer;
let local: IssuerServer;
let tunnels: Tunnels;
let sallyport: Sallyport;
let checks: CheckClient;

beforeAll(async () => {
  if (!hasOpenssl) return;
  folder = mkdtempSync(join(tmpdir(), 'sallyport-proxies-'));
  certify(folder, 'ca');
  server = await startIssuerServer(answer, certify(folder, 'server', 'ca', HOSTS.map((host) => `DNS:${host}`).join()));
  local = await startIssuerServer(answer);
  tunnels = await startTunnels(Number(new URL(server.origin).port));
  const env = {
    ...tunnels.env,
    NO_PROXY: '.internal.test,direct.test',
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    AS_SECRET: 'hunter2',
  };
  sallyport = await startSallyport({ env, edit: configure });
  checks = connectChecks(sallyport.ports.extAuthz);
});

afterAll(async () => {
  if (!hasOpenssl) return;
  checks.close();
  await sallyport.close();
  tunnels.close();
  await server.stop();
  await local.stop();
  rmSync(folder, { recursive: true });
});

function configure(config: Record<string, unknown>): void {
  const common = { audience: 'sms-api', algorithms: ['ES256'] };
  const ca = join(folder, 'ca.pem');
  config['issuers'] = [
    ...(config['issuers'] as object[]),
    { ...common, name: 'keys', issuer: 'https://keys.test', jwks: 'https://keys.test/jwks' },
    { ...common, name: 'trusted', issuer: 'https://trusted.test', jwks: { url: 'https://trusted.test/jwks', ca } },
    { ...common, name: 'metadata', issuer: 'https://metadata.test', discovery: { ca } },
    { ...common, name: 'local', issuer: 'https://local.test', jwks: `${local.origin}/jwks` },
    { ...common, name: 'direct', issuer: 'https://direct.test', jwks: 'https://direct.test/jwks' },
    {
      name: 'tokens',
      audience: 'any',
      introspection: {
        url: 'https://tokens.test/introspect',
        clientId: 'gw',
        clientSecret: { env: 'AS_SECRET' },
        cache: '0s',
      },
    },
  ];
}

async function outcomeOf(token: string): Promise<string> {
  const headers = [['authorization', `Bearer ${token}`]] as const;
  const request = { method: 'POST', path: '/3rdparty/v1/messages', host: 'h', headers };
  const outcome = await checks.check(request, 'raw');
  return outcome.outcome === 'passes' ? 'passes' : `${outcome.code}`;
}

function tokenOf(name: string): string {
  const claims = {
    iss: `https://${name}.test`,
    sub: 'alice',
    aud: 'sms-api',
    exp: Date.now() / 1000 + 600,
    scope: 'messages:send',
  };
  return forge({ alg: 'ES256', kid: 'a' }, claims, p256.privateKey);
}

describe.skipIf(!hasOpenssl)('the proxies of the environment (needs openssl)', () => {
  it.each([
    ['a key set', 'keys'],
    ['a key set behind a CA', 'trusted'],
    ['metadata and key set behind a CA', 'metadata'],
  ])('are used for %s', async (_, name) => {
    await expect.poll(() => outcomeOf(tokenOf(name)), { timeout: 10_000 }).toBe('passes');
    expect(tunnels.opened).toContain(`${name}.test:443`);
  });

  it('are used for introspection', async () => {
    await expect.poll(() => outcomeOf('opaque-token'), { timeout: 10_000 }).toBe('passes');
    expect(tunnels.opened).toContain('tokens.test:443');
  });

  it('are not used for loopback, nor for the hosts of NO_PROXY', async () => {
    await expect.poll(() => outcomeOf(tokenOf('local')), { timeout: 10_000 }).toBe('passes');
    expect(await outcomeOf(tokenOf('direct'))).toBe(UNAVAILABLE);
    expect(tunnels.opened.filter((authority) => /127\.0\.0\.1|direct/.test(authority))).toEqual([]);
  });

  it('that refuse make a server unreachable, and the log says why', async () => {
    tunnels.refuse();
    expect(await outcomeOf('another-opaque-token')).toBe(UNAVAILABLE);
    await expect.poll(() => sallyport.output(), { timeout: 10_000 }).toContain('Proxy response (407)');
    expect(await outcomeOf(tokenOf('keys'))).toBe('passes');
    expect(sallyport.output()).not.toMatch(/hunter2|opaque-token/);
  });
});
