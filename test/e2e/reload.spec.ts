import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseExposition } from '../support/exposition.ts';
import { type CaseIssuers, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { call as request } from '../support/servers/http-client.ts';
import { type Platform, startPlatform } from '../support/servers/platform.ts';
import { LOGGED } from '../support/servers/process.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

const NEW = '/3rdparty/v1/messages/x/new';

let issuers: CaseIssuers;
let platform: Platform;
let token: string;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  platform = await startPlatform({ env: issuers.env, edit: issuers.configure });
  token = corporateToken(issuers, 'RS256');
});

afterAll(async () => {
  await platform.close();
  issuers.close();
});

async function call(method: string, path: string): Promise<number> {
  return (await platform.call(method, path, `Bearer ${token}`)).status;
}

describe('a changed file', () => {
  let statuses: number[];
  let loaded: Promise<void>;
  let isRunning: boolean;

  /** Sends requests without pause on four connections; returns their responses. */
  function load(): void {
    statuses = [];
    isRunning = true;
    const stream = async (): Promise<void> => {
      while (isRunning) statuses.push(await call('POST', '/3rdparty/v1/messages'));
    };
    loaded = Promise.all([stream(), stream(), stream(), stream()]).then(() => undefined);
  }

  afterEach(async () => {
    // Slow machines need this long.
    await expect.poll(() => statuses.length, { timeout: 20_000 }).toBeGreaterThan(20);
    isRunning = false;
    await loaded;
    expect(statuses.filter((status) => status !== 202)).toEqual([]);
  });

  it('is reloaded on SIGHUP under load, without a failed request', async () => {
    expect(await call('GET', NEW)).toBe(403);
    load();
    await edit((config) => void routesOf(config).push({ path: NEW, scope: 'messages:send' }));
    process.kill(platform.sallyport.pid ?? 0, 'SIGHUP');
    await expect.poll(() => call('GET', NEW), { timeout: 5_000 }).toBe(200);
    await wait(300);
  });

  it('is reloaded without a signal', async () => {
    load();
    await edit((config) => {
      config['routes'] = routesOf(config).filter(({ path }) => path !== NEW);
    });
    await expect.poll(() => call('GET', NEW), { timeout: 5_000 }).toBe(403);
  });

  it('changes nothing if it is invalid, and every problem is logged', async () => {
    load();
    await edit((config) => {
      routesOf(config).push({ path: NEW, scope: 'messages:sent' }, { path: '/x', nonsense: true });
    });
    await expect.poll(() => platform.sallyport.output(), { timeout: 5_000 }).toContain('the former one stays in force');
    await expect
      .poll(() => platform.sallyport.output(), LOGGED)
      .toContain("unknown scope 'messages:sent', did you mean 'messages:send'?");
    await expect.poll(() => platform.sallyport.output(), LOGGED).toContain("unknown key 'nonsense'");
    expect(await call('GET', NEW)).toBe(403);
    expect(await reloadSuccessful()).toBe(0);
    await edit((config) => {
      config['routes'] = routesOf(config).filter(({ path }) => path !== NEW && path !== '/x');
    });
    await expect.poll(reloadSuccessful, { timeout: 5_000 }).toBe(1);
  });

  it('is reloaded except for settings that need a restart, which are logged', async () => {
    load();
    await edit((config) => {
      config['listen'] = { ...(config['listen'] as object), tokens: '127.0.0.1:1' };
      routesOf(config).push({ path: NEW, scope: 'messages:send' });
    });
    await expect.poll(() => call('GET', NEW), { timeout: 5_000 }).toBe(200);
    await expect.poll(() => platform.sallyport.output(), LOGGED).toContain('"needRestart":["listen.tokens"]');
  });

  it('sets another algorithm for new keys, and the log names the present key', async () => {
    load();
    await edit((config) => {
      const [own] = config['issuers'] as { signing: object }[];
      Object.assign(own?.signing ?? {}, { algorithm: 'ES256' });
    });
    await expect
      .poll(() => platform.sallyport.output(), { timeout: 5_000 })
      .toContain('"has":"EdDSA","wanted":"ES256"');
    expect(await call('GET', NEW)).toBe(200);
  });

  it('is refused if it renames an issuer that has revocations, and warns of a removed issuer', async () => {
    load();
    const issuerNamed = (config: Record<string, unknown>, name: string) =>
      (config['issuers'] as { name: string }[]).find((issuer) => issuer.name === name);
    await edit((config) => void Object.assign(issuerNamed(config, 'partner') ?? {}, { name: 'renamed' }));
    await expect.poll(() => platform.sallyport.output(), { timeout: 5_000 }).toContain("Keep the name 'partner'");
    expect(await reloadSuccessful()).toBe(0);
    await edit((config) => {
      Object.assign(issuerNamed(config, 'renamed') ?? {}, { name: 'partner' });
      config['issuers'] = (config['issuers'] as { name: string }[]).filter(({ name }) => name !== 'auth0-sms');
    });
    await expect.poll(reloadSuccessful, { timeout: 5_000 }).toBe(1);
    await expect.poll(() => platform.sallyport.output(), LOGGED).toContain('"names":["auth0-sms"]');
  });

  it('is refused if it changes the issuer that signs', async () => {
    load();
    await edit((config) => {
      const [own] = config['issuers'] as { issuer: string }[];
      Object.assign(own ?? {}, { issuer: 'https://other.local' });
      config['routes'] = routesOf(config).filter(({ path }) => path !== NEW);
    });
    await expect.poll(() => platform.sallyport.output(), { timeout: 5_000 }).toContain('signing issuer has changed');
    expect(await call('GET', NEW)).toBe(200);
  });
});

async function reloadSuccessful(): Promise<number | undefined> {
  const { body } = await request(platform.sallyport.ports.admin, 'GET', '/metrics');
  return parseExposition(body).value('sallyport_config_last_reload_successful');
}

describe('SIGTERM', () => {
  let stopping: Sallyport;
  let checks: CheckClient;

  afterEach(async () => {
    checks.close();
    await stopping.close();
  });

  async function start(shutdown: object): Promise<void> {
    stopping = await startSallyport({
      edit: (config) => {
        config['shutdown'] = shutdown;
      },
    });
    checks = connectChecks(stopping.ports.extAuthz);
  }

  async function statusOf(path: string): Promise<number> {
    return (await request(stopping.ports.admin, 'GET', path)).status;
  }

  const health = { method: 'GET', path: '/health', host: 'h', headers: [] } as const;

  it('makes Sallyport not ready while it still answers, and then exit with 0', async () => {
    await start({ delay: '1s' });
    expect(await checks.health()).toBe('SERVING');
    process.kill(stopping.pid ?? 0, 'SIGTERM');
    await expect.poll(() => checks.health()).toBe('NOT_SERVING');
    expect(await checks.check(health, 'raw')).toMatchObject({ outcome: 'passes' });
    expect(await statusOf('/readyz')).toBe(503);
    expect(await statusOf('/livez')).toBe(200);
    expect(await stopping.ended).toBe(0);
    expect(stopping.output()).toMatch(/"msg":"stopping"[^]*"msg":"stopped"/);
  });

  it('makes it exit at once if it is sent twice', async () => {
    await start({ delay: '60s' });
    process.kill(stopping.pid ?? 0, 'SIGTERM');
    await expect.poll(() => checks.health()).toBe('NOT_SERVING');
    process.kill(stopping.pid ?? 0, 'SIGTERM');
    expect(await stopping.ended).toBe(1);
  });

  it('does not wait forever for a connection that stays open', async () => {
    await start({ drain: '500ms' });
    expect(await checks.health()).toBe('SERVING');
    process.kill(stopping.pid ?? 0, 'SIGINT');
    expect(await stopping.ended).toBe(0);
  });
});

function routesOf(config: Record<string, unknown>): { path: string; [key: string]: unknown }[] {
  // The demo's file has this form.
  return config['routes'] as { path: string }[];
}

/** Replaces the configuration like careful editors: writes a new file and renames it. */
async function edit(change: (config: Record<string, unknown>) => void): Promise<void> {
  const file = join(platform.sallyport.folder, 'sallyport.yaml');
  // `startSallyport` wrote this file.
  const config = parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  change(config);
  await writeFile(`${file}.new`, stringify(config));
  await rename(`${file}.new`, file);
}
