import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { TransportConfig } from '../../src/config/transport-config.ts';
import { type Exposition, parseExposition } from '../support/exposition.ts';
import { auth0Token, corporateToken, OWNER, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { call, sendRequest } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport, TRANSPORT } from '../support/servers/sallyport.ts';
import { REDIS, SQLITE, type StoreKind } from '../support/servers/stores.ts';

const PROBE = fileURLToPath(new URL('../support/module-loads.ts', import.meta.url));

const RUNS = [
  { ...SQLITE, transport: 'fast' },
  { ...SQLITE, transport: 'grpc-js' },
  { ...REDIS, transport: TRANSPORT },
] as const;

it.each(RUNS)('a decision right after the start loads nothing, on $name with $transport', async (run) => {
  const { sallyport, tokens } = await startCold(run, run.transport);
  const checks = connectChecks(sallyport.ports.extAuthz);
  onTestFinished(() => checks.close());
  await untilReady(sallyport);
  // The answer to the readiness probe, and the connection of this client.
  await checks.health();
  const used = await loaded(sallyport, 1);
  expect(used.some((name) => /\/(@grpc|grpc-health-check|protobufjs)\//.test(name))).toBe(run.transport === 'grpc-js');
  for (const token of tokens) {
    expect(await decide(checks, `Bearer ${token}`)).toBe('passes');
    expect(await decide(checks, `Bearer ${token}x`)).toBe('denied');
  }
  expect(await decide(checks)).toBe('denied');
  expect(await loaded(sallyport, 2)).toEqual([]);
});

it('nothing is left of the warm-up in metrics, logs and the store', async () => {
  const { sallyport } = await startCold(SQLITE);
  await untilReady(sallyport);
  const metrics = parseExposition((await sendRequest(toAdmin(sallyport, '/metrics'))).body);
  const names = ['sallyport_decisions_total', 'sallyport_outcomes_total', 'sallyport_known_token_lookups_total'];
  for (const name of [...names, 'sallyport_store_errors_total', 'sallyport_internal_errors_total']) {
    expect([name, sum(metrics, name)]).toEqual([name, 0]);
  }
  expect(metrics.value('sallyport_known_tokens')).toBe(0);
  expect(metrics.value('sallyport_standings')).toBe(0);
  expect(sallyport.output()).not.toMatch(/"log":"decision"|warm/);
  // The store with its journal, and the audit log.
  const files = await readdir(sallyport.folder);
  expect(files).toEqual(expect.arrayContaining(['audit.log', 'sallyport.db']));
  for (const file of files) expect(await readFile(join(sallyport.folder, file), 'latin1')).not.toMatch(/warm/);
});

/** An instance that has decided nothing, and valid tokens of several issuers and algorithms. */
async function startCold(
  kind: StoreKind,
  transport?: TransportConfig['kind'],
): Promise<{ sallyport: Sallyport; tokens: readonly string[] }> {
  const issuers = await startCaseIssuers();
  onTestFinished(() => issuers.close());
  const store = await kind.start();
  onTestFinished(() => store.close());
  const edit = (config: Record<string, unknown>): void => {
    issuers.configure(config);
    store.edit(config);
    config['log'] = { level: 'trace', passes: 1, audit: './audit.log' };
  };
  const env = { ...issuers.env, ...store.env };
  const first = await startSallyport({ env, edit, transport });
  const body = { scopes: ['messages:send'] };
  const issued = await call(first.ports.tokens, 'POST', '/3rdparty/v1/auth/token', OWNER, body);
  await first.stop();
  const sallyport = await startSallyport({
    env: { ...env, NODE_OPTIONS: `--import=${PROBE}` },
    edit,
    transport,
    after: first,
  });
  onTestFinished(() => sallyport.close());
  const corporate = (['RS256', 'ES256', 'EdDSA'] as const).map((algorithm) => corporateToken(issuers, algorithm));
  return { sallyport, tokens: [JSON.parse(issued.body).access_token, ...corporate, auth0Token(issuers)] };
}

function toAdmin({ ports }: Sallyport, path: string) {
  return { port: ports.admin, method: 'GET', path, headers: [] };
}

async function untilReady(sallyport: Sallyport): Promise<void> {
  const status = async (): Promise<number> => (await sendRequest(toAdmin(sallyport, '/readyz'))).status;
  await expect.poll(status, { timeout: 20_000 }).toBe(200);
}

/** Returns what the process has loaded since the time before this one. */
async function loaded({ pid = 0, output }: Sallyport, time: number): Promise<readonly string[]> {
  process.kill(pid, 'SIGUSR2');
  const lines = (): readonly string[] => [...output().matchAll(/^loaded: (.*)$/gm)].map(([, list = '']) => list);
  await expect.poll(() => lines().length, { timeout: 20_000 }).toBe(time);
  // The probe prints a list of names.
  return JSON.parse(lines().at(-1) ?? '') as readonly string[];
}

async function decide(checks: CheckClient, authorization?: string): Promise<string> {
  const headers = authorization === undefined ? [] : [['authorization', authorization] as const];
  const request = { method: 'POST', path: '/3rdparty/v1/messages', host: 'a', headers };
  return (await checks.check(request, 'raw')).outcome;
}

function sum(metrics: Exposition, name: string): number {
  return Object.values(metrics.all(name)).reduce((total, value) => total + value, metrics.value(name) ?? 0);
}
