import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { bundle } from '../../tools/bundle/bundle.ts';
import { corporateToken, OWNER, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { freePorts } from '../support/servers/ports.ts';
import { startProcess } from '../support/servers/process.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { REDIS, SQLITE, type StoreKind } from '../support/servers/stores.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROBE = fileURLToPath(new URL('../support/module-loads.ts', import.meta.url));
const TOKENS = '/3rdparty/v1/auth/token';

let folder: string;
let main: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-bundle-'));
  main = await bundle(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the bundle', () => {
  it.each([SQLITE, REDIS])('serves with every door, workers and telemetry, on $name', async (kind) => {
    const { sallyport, token } = await start(kind);
    const checks = connectChecks(sallyport.ports.extAuthz);
    onTestFinished(() => checks.close());
    const issued = await issue(sallyport);
    for (const one of [token, issued.access_token]) expect(await decide(checks, one)).toBe('passes');
    expect(await decide(checks, `${token}x`)).toBe('denied');
    expect((await call(sallyport.ports.tokens, 'DELETE', `${TOKENS}/${issued.id}`, OWNER)).status).toBe(204);
    await expect.poll(() => decide(checks, issued.access_token), { timeout: 20_000 }).toBe('denied');
    // Its files lie beside the sources.
    expect((await call(sallyport.ports.tokens, 'GET', '/console/assets/console.css')).status).toBe(200);
    expect(await sallyport.stop()).toBe(0);
    expect(sallyport.output()).not.toMatch(/"level":"(error|fatal)"|Warning/);
  });

  it('is all that a start loads', async () => {
    const sallyport = await startSallyport({ main, env: { NODE_OPTIONS: `--import=${PROBE}` } });
    onTestFinished(() => sallyport.close());
    await expect.poll(sallyport.output, { timeout: 20_000 }).toContain('"msg":"ready"');
    process.kill(sallyport.pid ?? 0, 'SIGUSR2');
    await expect.poll(sallyport.output, { timeout: 20_000 }).toMatch(/^loaded: .*\]$/m);
    const [, names = ''] = /^loaded: (.*)$/m.exec(sallyport.output()) ?? [];
    // The probe prints a list of names.
    const files = (JSON.parse(names) as readonly string[]).filter((name) => name.startsWith('file:'));
    expect(files.filter((file) => !file.includes(folder))).toEqual([]);
    expect(files.length).toBeLessThan(40);
  });

  it.each([['--version'], ['check', '--config', join(ROOT, 'sallyport.yaml')], ['completion', 'bash']])(
    'runs the command %s',
    async (...args) => {
      const command = startProcess({ command: process.execPath, args: [main, ...args] });
      expect([await command.ended, command.output()]).toEqual([0, expect.not.stringMatching(/Warning|Error/)]);
    },
  );
});

async function start(kind: StoreKind): Promise<{ sallyport: Sallyport; token: string }> {
  const issuers = await startCaseIssuers();
  onTestFinished(() => issuers.close());
  const store = await kind.start();
  onTestFinished(() => store.close());
  const [verify, access] = await freePorts(2);
  const sallyport = await startSallyport({
    main,
    env: { ...issuers.env, ...store.env },
    edit: (config) => {
      issuers.configure(config);
      store.edit(config);
      // The example has the rest.
      const listen = config['listen'] as Record<string, unknown>;
      Object.assign(listen, { verify: `127.0.0.1:${verify}`, access: `127.0.0.1:${access}` });
      Object.assign(config, { workers: 2, telemetry: { endpoint: 'http://127.0.0.1:9' } });
    },
  });
  onTestFinished(() => sallyport.close());
  return { sallyport, token: corporateToken(issuers, 'ES256') };
}

async function issue({ ports }: Sallyport): Promise<{ id: string; access_token: string }> {
  const { status, body } = await call(ports.tokens, 'POST', TOKENS, OWNER, { scopes: ['messages:send'] });
  expect(status).toBe(201);
  return JSON.parse(body);
}

async function decide(checks: CheckClient, token: string): Promise<string> {
  const headers = [['authorization', `Bearer ${token}`]] as const;
  const request = { method: 'POST', path: '/3rdparty/v1/messages', host: 'a', headers };
  return (await checks.check(request, 'raw')).outcome;
}
