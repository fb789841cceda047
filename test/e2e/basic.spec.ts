import { Agent } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../support/redis/server.ts';
import { startProxy, type TcpProxy } from '../support/redis/tcp-proxy.ts';
import { GATEWAYS, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { basic, type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';
import { seal } from '../support/servers/stores.ts';

const PASSWORD = 'correct horse battery';
const MAX_STALENESS_MS = 1_000;
const SEAL = { SEAL_SECRET: 'a secret of thirty-two bytes, ok' };
const SCOPES = ['messages:send', 'messages:read', 'messages:list', 'devices:list'];
const ROUTES = [
  ['POST', '/3rdparty/v1/messages'],
  ['GET', '/3rdparty/v1/messages'],
  ['HEAD', '/3rdparty/v1/messages'],
  ['GET', '/3rdparty/v1/messages/m-1'],
  ['GET', '/3rdparty/v1/devices'],
  ['DELETE', '/3rdparty/v1/devices'],
  ['GET', '/3rdparty/v1/nothing'],
  ['GET', '/3rdparty/v1/messages/'],
] as const;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let redis: RedisServer;
let services: Services;
let a: Sallyport;
/** Behind Envoy, and connected to Redis by its own proxy. */
let b: Sallyport;
let toRedis: TcpProxy;
let envoy: RunningEnvoy;

beforeAll(async () => {
  redis = await startRedis();
  services = await startServices();
  toRedis = await startProxy(redis.port);
  a = await startInstance(redis.port);
  b = await startInstance(toRedis.port);
  envoy = await startEnvoy({ sallyport: b.ports.extAuthz, tokens: b.ports.tokens, ...services.ports });
});

afterAll(async () => {
  agent.destroy();
  await envoy.close();
  for (const sallyport of [a, b]) await sallyport.close();
  await toRedis.close();
  services.close();
  await redis.close();
});

function startInstance(port: number): Promise<Sallyport> {
  const edit = (config: Record<string, unknown>): void => {
    config['store'] = `redis://127.0.0.1:${port}`;
    config['revocation'] = { maxStaleness: `${MAX_STALENESS_MS}ms` };
    seal(config);
  };
  return startSallyport({ env: SEAL, edit });
}

/** Runs a command like an operator on the machine of the other instance. */
async function account(args: readonly string[], input = ''): Promise<string> {
  const command = ['account', ...args, '--config', join(a.folder, 'sallyport.yaml')];
  const { code, output } = await runSallyport(command, { env: SEAL, input });
  expect(code, output).toBe(0);
  return output;
}

async function add(name: string, scopes: readonly string[]): Promise<void> {
  await account(['add', name, '--scopes', scopes.join(',')], `${PASSWORD}\n`);
}

function call(method: string, path: string, authorization: string, body = ''): Promise<HttpResponse> {
  const type = body === '' ? [] : [['Content-Type', 'application/json'] as const];
  const headers = [['Authorization', authorization] as const, ...type];
  const [gateway] = envoy.gateways;
  return sendRequest({ port: gateway?.port ?? 0, method, path, headers, body, agent });
}

async function issue(name: string, scopes: readonly string[]): Promise<string> {
  const answer = await call('POST', '/3rdparty/v1/auth/token', basic(name, PASSWORD), JSON.stringify({ scopes }));
  expect(answer.status, answer.body).toBe(201);
  return `Bearer ${JSON.parse(answer.body).access_token}`;
}

describe('Basic and Bearer', () => {
  it.each([[SCOPES], [['all:any']], ...SCOPES.map((scope) => [[scope]])])(
    'give the same access on every route with %j',
    async (scopes) => {
      const name = `parity ${scopes.join(' ')}`.replaceAll(':', '-');
      await add(name, scopes);
      const token = await issue(name, scopes);
      for (const [method, path] of ROUTES) {
        services.received.length = 0;
        const byPassword = await call(method, path, basic(name, PASSWORD));
        const byToken = await call(method, path, token);
        const what = `${method} ${path}`;
        expect([what, byPassword.status]).toEqual([what, byToken.status]);
        if (byToken.status >= 400) expect(byPassword.body).toBe(byToken.body);
        const [first, second] = services.received.map(({ headers }) => headers);
        for (const header of ['subject', 'scopes', 'issuer']) {
          expect(first?.[`x-auth-${header}`]).toBe(second?.[`x-auth-${header}`]);
        }
      }
    },
  );

  it('share one connection, and only Basic receives deprecation headers', async () => {
    await add('hybrid', ['messages:list']);
    const token = await issue('hybrid', ['messages:list']);
    services.received.length = 0;
    for (let turn = 0; turn < 6; turn++) {
      const isBasic = turn % 2 === 0;
      const authorization = isBasic ? basic('hybrid', PASSWORD) : token;
      for (const [method, path, status] of [
        ['GET', '/3rdparty/v1/messages', 200],
        ['GET', '/3rdparty/v1/devices', 403],
      ] as const) {
        const answer = await call(method, path, authorization);
        expect(answer.status).toBe(status);
        const { deprecation, sunset } = answer.headers;
        const announced = ['@1795305600', 'Wed, 30 Jun 2027 00:00:00 GMT'];
        expect([deprecation, sunset]).toEqual(isBasic ? announced : [undefined, undefined]);
      }
    }
    const schemes = services.received.map(({ headers }) => headers['x-auth-scheme']);
    expect(schemes).toEqual(['basic', 'bearer', 'basic', 'bearer', 'basic', 'bearer']);
    // The token service continues to accept passwords, so it announces no end.
    const issued = await call(
      'POST',
      '/3rdparty/v1/auth/token',
      basic('hybrid', PASSWORD),
      '{"scopes":["messages:list"]}',
    );
    expect([issued.status, issued.headers['sunset']]).toEqual([201, undefined]);
  });
});

describe('a change at another instance', () => {
  const PATH = '/3rdparty/v1/messages';
  const status = async (name: string, password = PASSWORD): Promise<number> =>
    (await call('GET', PATH, basic(name, password))).status;
  const CHANGES = [
    { what: 'disable', args: (name: string) => ['disable', name], input: '', expected: 401 },
    { what: 'password', args: (name: string) => ['password', name], input: 'a brand new password\n', expected: 401 },
    { what: 'scopes', args: (name: string) => ['scopes', name, 'messages:send'], input: '', expected: 403 },
    { what: 'remove', args: (name: string) => ['remove', name, '--yes'], input: '', expected: 401 },
  ];

  it.each(CHANGES)('applies to a cached password: $what', async ({ what, args, input, expected }) => {
    await add(`heard ${what}`, SCOPES);
    expect(await status(`heard ${what}`)).toBe(200);
    await account(args(`heard ${what}`), input);
    // The change arrives before the command exits.
    expect(await status(`heard ${what}`)).toBe(expected);
  });

  it.each(CHANGES)('applies within maxStaleness without the feed: $what', async ({ what, args, input, expected }) => {
    await add(`deaf ${what}`, SCOPES);
    expect(await status(`deaf ${what}`)).toBe(200);
    toRedis.swallow({ sent: '__redis__:invalidate' });
    try {
      await account(args(`deaf ${what}`), input);
      await new Promise((resolve) => setTimeout(resolve, MAX_STALENESS_MS));
      expect(await status(`deaf ${what}`)).toBe(expected);
    } finally {
      toRedis.heal();
    }
  });

  it('admits the new password, and an account that is enabled again', async () => {
    await add('back', SCOPES);
    expect(await status('back')).toBe(200);
    await account(['password', 'back'], 'a brand new password\n');
    expect(await status('back')).toBe(401);
    expect(await status('back', 'a brand new password')).toBe(200);
    await account(['disable', 'back']);
    expect(await status('back', 'a brand new password')).toBe(401);
    expect(await account(['show', 'back'])).toMatch(/^back\t.*\tdisabled\n$/);
    await account(['enable', 'back']);
    expect(await status('back', 'a brand new password')).toBe(200);
  });
});

describe('text that is not UTF-8', () => {
  const LIST = '/3rdparty/v1/messages';
  /** The result of a lenient decoder for both. */
  const REPLACED = 'p\uFFFDssword of somebody';
  const LATIN1 = ['\xe4', '\xfc'].map((byte) => Buffer.from(REPLACED.replace('\uFFFD', byte), 'latin1'));
  const form = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
  const basicOf = (pair: Uint8Array) => ['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`] as const;

  beforeAll(async () => {
    await account(['add', 'replaced', '--scopes', 'messages:list'], `${REPLACED}\n`);
    expect((await call('GET', LIST, basic('replaced', REPLACED))).status).toBe(200);
  });

  it.each(GATEWAYS.map((gateway, index) => ({ ...gateway, index })))(
    'matches no account through Envoy, $name',
    async ({ index }) => {
      const port = envoy.gateways[index]?.port ?? 0;
      for (const password of LATIN1) {
        const pair = Buffer.concat([Buffer.from('replaced:'), password]);
        const spaced = Buffer.from(pair.map((byte) => (byte === 0x20 ? 0x2b : byte)));
        const json = Buffer.concat([Buffer.from('{"name":"replaced","password":"'), password, Buffer.from('"}')]);
        const statuses = [
          await sendRequest({ port, method: 'GET', path: LIST, headers: [basicOf(pair)] }),
          await sendRequest({
            port,
            method: 'GET',
            path: LIST,
            headers: [['Authorization', `Basic ${pair.toString('latin1')}`]],
          }),
          await sendRequest({
            port,
            method: 'POST',
            path: '/oauth2/introspect',
            headers: [basicOf(spaced), ...form],
            body: 'token=x',
          }),
          await sendRequest({
            port,
            method: 'POST',
            path: '/v1/login',
            headers: [['Content-Type', 'application/json']],
            body: json,
          }),
        ].map(({ status }) => status);
        expect(statuses).toEqual([401, 401, 401, 400]);
      }
    },
  );

  it('matches no account, although a space after the name is ignored', async () => {
    expect((await call('GET', LIST, basic('replaced ', REPLACED))).status).toBe(200);
  });

  it('is refused as a password on standard input', async () => {
    const input = Buffer.concat([...LATIN1.slice(0, 1), Buffer.from('\n')]);
    const config = ['--config', join(a.folder, 'sallyport.yaml')];
    const { code, output } = await runSallyport(['account', 'password', 'replaced', ...config], { env: SEAL, input });
    expect({ code, output }).toEqual({ code: 1, output: 'sallyport: the password is not UTF-8 text\n' });
  });
});

describe('guesses through the gateway', () => {
  it('are limited by name and by the address that Envoy reports, and the right password passes', async () => {
    await add('victim', SCOPES);
    expect((await call('GET', '/3rdparty/v1/messages', basic('victim', PASSWORD))).status).toBe(200);
    const statuses: number[] = [];
    let last: HttpResponse | undefined;
    for (let guess = 0; guess < 12; guess++) {
      last = await call('GET', '/3rdparty/v1/messages', basic('victim', `guess ${guess}`));
      statuses.push(last.status);
    }
    expect(statuses.filter((one) => one === 429).length).toBeGreaterThanOrEqual(1);
    expect(last?.status).toBe(429);
    expect(Number(last?.headers['retry-after'])).toBeGreaterThan(1);
    expect((await call('GET', '/3rdparty/v1/messages', basic('victim', PASSWORD))).status).toBe(200);
  });
});
