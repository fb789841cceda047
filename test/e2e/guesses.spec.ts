import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../support/redis/server.ts';
import { type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { basic, type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';
import { seal } from '../support/servers/stores.ts';

const SEAL = { SEAL_SECRET: 'a secret of thirty-two bytes, ok' };
const [OLD, NEW] = ['correct horse battery', 'a new password of ours'];
const HOME = '203.0.113.7';
const PATH = '/3rdparty/v1/messages';

let redis: RedisServer;
let services: Services;
/** Two instances on one store, each behind its own Envoy. */
let a: Sallyport;
let b: Sallyport;
let atA: RunningEnvoy;
let atB: RunningEnvoy;

beforeAll(async () => {
  redis = await startRedis();
  services = await startServices();
  [a, b] = [await start(), await start()];
  [atA, atB] = [await before(a), await before(b)];
  await account(['add', 'owner', '--scopes', 'messages:list', '--email', 'owner@example.com'], `${OLD}\n`);
});

afterAll(async () => {
  for (const part of [atA, atB, a, b]) await part.close();
  services.close();
  await redis.close();
});

function start(after?: Sallyport): Promise<Sallyport> {
  const edit = (config: Record<string, unknown>): void => {
    config['timeouts'] = { decision: '9s', store: '2s' };
    config['store'] = `redis://127.0.0.1:${redis.port}`;
    // Envoy replaces the address of a loopback peer by one of the machine's.
    const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
    config['trustedProxies'] = own.filter((address) => !address.includes('%'));
    seal(config);
  };
  return startSallyport({ env: SEAL, edit, ...(after === undefined ? {} : { after }) });
}

function before({ ports }: Sallyport): Promise<RunningEnvoy> {
  return startEnvoy({ sallyport: ports.extAuthz, tokens: ports.tokens, ...services.ports });
}

async function account(args: readonly string[], input = ''): Promise<void> {
  const command = ['account', ...args, '--config', join(a.folder, 'sallyport.yaml')];
  const { code, output } = await runSallyport(command, { env: SEAL, input });
  expect(code, output).toBe(0);
}

/** Sends a request through the gateway as a trusted proxy that reports the client's address. */
function from(client: string, { gateways }: RunningEnvoy, ...[name, password]: Parameters<typeof basic>) {
  const headers = [
    ['X-Forwarded-For', client],
    ['Authorization', basic(name, password)],
  ] as const;
  return sendRequest({ port: gateways[0]?.port ?? 0, method: 'GET', path: PATH, headers });
}

function logIn(client: string, { gateways }: RunningEnvoy, name: string, password: string): Promise<HttpResponse> {
  const headers = [
    ['X-Forwarded-For', client],
    ['Content-Type', 'application/json'],
  ] as const;
  const body = JSON.stringify({ name, password });
  return sendRequest({ port: gateways[0]?.port ?? 0, method: 'POST', path: '/v1/login', headers, body });
}

/** Guesses from a new address each until the gateway answers 429; resolves to the number of guesses before that. */
async function spend(envoy: RunningEnvoy, name: string): Promise<number> {
  for (let index = 0; index < 40; index++) {
    const { status, headers } = await from(`198.51.100.${index}`, envoy, name, `guess ${index}`);
    if (status === 429) {
      expect(Number(headers['retry-after'])).toBeGreaterThan(1);
      return index;
    }
    expect(status).toBe(401);
  }
  throw new Error('no guess was answered with 429');
}

describe('guesses of strangers through the gateway', () => {
  it('share one budget on all instances, also for a name without an account', async () => {
    expect((await from(HOME, atA, 'owner', OLD)).status).toBe(200);
    for (const name of ['owner', 'nobody']) {
      expect(await spend(atA, name)).toBeGreaterThanOrEqual(10);
      expect((await from('192.0.2.1', atB, name, 'guess')).status).toBe(429);
    }
  });

  it('do not lock the owner out at either instance, even after a new password', async () => {
    await account(['password', 'owner'], `${NEW}\n`);
    for (const envoy of [atA, atB]) {
      await spend(envoy, 'owner');
      expect((await from('192.0.2.1', envoy, 'owner', NEW)).status).toBe(429);
      expect((await from(HOME, envoy, 'owner', NEW)).status).toBe(200);
      expect((await logIn(HOME, envoy, 'owner', NEW)).status).toBe(200);
    }
  });

  it('do not lock the owner out after a restart, and keep their spent budget', async () => {
    await spend(atB, 'owner');
    await a.stop();
    a = await start(a);
    await expect.poll(async () => (await from(HOME, atA, 'owner', NEW)).status, { timeout: 20_000 }).toBe(200);
    expect((await logIn(HOME, atA, 'owner@example.com', NEW)).status).toBe(200);
    // A new budget would allow ten more.
    expect(await spend(atA, 'owner')).toBeLessThan(10);
    const stranger = await logIn('192.0.2.1', atA, 'owner', 'guess');
    expect([stranger.status, Number(stranger.headers['retry-after']) > 1]).toEqual([429, true]);
  });

  it('leave capacity for the owner, however many names they use', async () => {
    const flood = Array.from({ length: 80 }, (_, index) =>
      from(`198.51.100.${index}`, atA, `made up ${index}`, 'guess'),
    );
    const owner = Array.from({ length: 10 }, () => logIn(HOME, atA, 'owner', NEW));
    expect((await Promise.all(owner)).map(({ status }) => status)).toEqual(owner.map(() => 200));
    expect((await Promise.all(flood)).map(({ status }) => status)).toContain(429);
  });

  it('appear with the account in the audit log, and in a metric', async () => {
    await spend(atB, 'owner@example.com');
    const metrics = await sendRequest({ port: b.ports.admin, method: 'GET', path: '/metrics', headers: [] });
    for (const outcome of ['succeeded', 'refused', 'throttled']) {
      expect(metrics.body).toMatch(new RegExp(`sallyport_logins_total{outcome="${outcome}"} [1-9]`));
    }
    const spent = (): string | undefined =>
      b
        .output()
        .split('\n')
        .find((line) => line.includes('too many wrong passwords'));
    await expect.poll(spent).toBeDefined();
    const facts = { log: 'audit', account: expect.any(String), whose: 'strangers' };
    expect(JSON.parse(spent() ?? '{}')).toMatchObject(facts);
    expect(b.output()).not.toContain('guess 1');
  });

  it('are forgotten by `account unlock`', async () => {
    await spend(atB, 'owner');
    await account(['unlock', 'owner']);
    expect((await from('192.0.2.1', atB, 'owner', 'guess')).status).toBe(401);
  });
});
