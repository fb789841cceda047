import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { certify, hasOpenssl, readCertificate, tlsOf } from '../../../test/support/certificates.ts';
import { IGNORED_CONNECTIONS } from '../../../test/support/http2/ignored-connections.ts';
import { runSallyport } from '../../../test/support/servers/run-sallyport.ts';
import type { Listener } from '../../config/config.ts';
import { openAdmin } from '../../edge/admin/service.ts';
import { Health } from '../../observe/health.ts';
import { Metrics } from '../../observe/metrics/metrics.ts';

const COMPONENTS = {
  store: { status: 'failing', errors: 2 },
  feed: { status: 'ok', ageSeconds: 0.05396740900000077 },
  keySets: [{ issuer: 'corporate', status: 'missing', failures: 3, ageSeconds: 86399.99999 }],
  config: { status: 'ok', takenAt: 'then', needRestart: ['store', 'listen.tokens'] },
  workers: [{ worker: 1, status: 'ready', pid: 7, replaced: 2, decisions: 9, troubles: ['feed stale', 'log failing'] }],
  log: { status: 'ok', lost: 0 },
} as const;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-status-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

/** Opens an admin listener that is ready unless `state` says otherwise; resolves to its address. */
async function open(listener: Listener, state: 'ready' | 'starting' = 'ready'): Promise<string> {
  const health = new Health();
  if (state === 'ready') health.ready();
  const metrics = new Metrics();
  const decisions = [
    { labels: { door: 'verify', outcome: 'allow' }, value: 3 },
    { labels: { door: 'extAuthz', outcome: 'allow' }, value: 4 },
    { labels: { door: 'extAuthz', outcome: 'deny' }, value: 1 },
  ];
  metrics.add({ name: 'sallyport_decisions_total', help: 'x', type: 'counter', read: () => decisions });
  const build = [{ labels: { version: '9.8.7' }, value: 1 }];
  metrics.add({ name: 'sallyport_build_info', help: 'x', type: 'gauge', read: () => build });
  const events = { ...IGNORED_CONNECTIONS, callFailed: () => {}, handshakeFailed: () => {} };
  const parts = { health, events, measure: () => metrics, components: () => COMPONENTS, useCases: () => undefined };
  const door = await openAdmin(listener, parts);
  onTestFinished(() => door.close());
  return door.address;
}

async function status(admin: string, ...args: readonly string[]) {
  const file = join(folder, 'sallyport.yaml');
  await writeFile(file, `# nothing else is read\nlisten: { admin: ${admin} }\nroutes: [{ nonsense: true }]\n`);
  return runSallyport(['status', '--config', file, ...args]);
}

const LOOPBACK: Listener = { address: { host: '127.0.0.1', port: 0 }, tls: undefined };

it('shows each part, the version and the decisions, and exits with 0 if Sallyport is ready', async () => {
  const address = await open(LOOPBACK);
  expect(await status(`"${address}"`)).toEqual({
    code: 0,
    output: `ready: sallyport 9.8.7 at ${address}
store          failing, errors 2
feed           ok, age 0.054 s
key sets of corporate  missing, failures 3, age 86400 s
config         ok, taken at then, need restart store listen.tokens
worker 1       ready, pid 7, replaced 2, decisions 9, troubles feed stale log failing
log            ok, lost 0
decisions      7 allow, 1 deny
`,
  });
  const { output } = await status(`{ address: "${address}" }`, '--json');
  expect(JSON.parse(output)).toEqual({
    ready: true,
    status: 'ready',
    address,
    components: COMPONENTS,
    version: '9.8.7',
    uptimeSeconds: null,
    decisions: { allow: 7, deny: 1 },
    knownTokens: null,
  });
});

it('exits with 1 if Sallyport is not ready', async () => {
  const { code, output } = await status(`"${await open(LOOPBACK, 'starting')}"`, '--brief', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(output)).toMatchObject({ ready: false, status: 'starting' });
});

it('asks on a Unix socket', async () => {
  const path = join(folder, 'admin.sock');
  await open({ address: { path }, tls: undefined });
  expect(await status('unix:./admin.sock', '--brief')).toMatchObject({ code: 0 });
});

it('exits with 1 if nothing listens, if another service does, and if the configuration names no listener', async () => {
  const other = createServer((_request, response) => void response.end('hello')).listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  // A TCP server has such an address.
  const { port } = other.address() as AddressInfo;
  expect(await status(`"127.0.0.1:${port}"`)).toEqual({
    code: 1,
    output: expect.stringContaining('is not the admin listener of a Sallyport: /readyz answers 200'),
  });
  await new Promise((resolve) => other.close(resolve));
  expect(await status(`"127.0.0.1:${port}"`)).toEqual({
    code: 1,
    output: expect.stringContaining('is Sallyport running?'),
  });
  expect(await status('null')).toEqual({ code: 1, output: expect.stringContaining('there is no listen.admin') });
  expect(await status('9195')).toEqual({ code: 1, output: expect.stringContaining('has no valid address') });
  expect(await runSallyport(['status', '--config', join(folder, 'none.yaml')])).toEqual({
    code: 1,
    output: expect.stringContaining('cannot read the file: no such file'),
  });
});

it.skipIf(!hasOpenssl)('asks with TLS, and with a client certificate (needs the openssl command)', async () => {
  for (const name of ['server', 'client']) certify(folder, name);
  const address = await open({ ...LOOPBACK, tls: tlsOf(folder, 'server', readCertificate(folder, 'client').cert) });
  const admin = `{ address: "${address}", tls: { cert: server.pem, key: server.key, clientCa: client.pem } }`;
  const own = ['--cert', join(folder, 'client.pem'), '--key', join(folder, 'client.key')];
  expect(await status(admin, ...own)).toMatchObject({ code: 0, output: expect.stringContaining('ready: sallyport') });
  expect(await status(admin)).toMatchObject({ code: 1 });
  expect(await status(admin, '--cert', 'x')).toMatchObject({ code: 2 });
});
