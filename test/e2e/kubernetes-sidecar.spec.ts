import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { findEnvoy } from '../../tools/envoy.ts';
import { basic, call, sendRequest } from '../support/servers/http-client.ts';
import { freePorts } from '../support/servers/ports.ts';
import { type Process, startProcess, untilReady } from '../support/servers/process.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const OVERLAY = new URL('../../deploy/kubernetes/overlays/sidecar/', import.meta.url);
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const MESSAGES = '/3rdparty/v1/messages';
const ACCOUNT = ['ada', 'wind-lantern-copper'] as const;

/** The two containers of the pod as processes, with the overlay's files but for addresses, and a store of its own. */
let folder: string;
let services: Services;
let sallyport: Process;
let envoy: Process;
let port: number;
/** Of the listeners `tokens` and `admin`. */
let others: readonly [tokens: number, admin: number];
let replacements: (readonly [written: string, here: string])[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-sidecar-'));
  services = await startServices();
  const [gateway = 0, tokens = 0, admin = 0] = await freePorts(3);
  port = gateway;
  others = [tokens, admin];
  await writeFile(join(folder, 'secret'), 'a'.repeat(44));
  replacements = [
    ['/run/secrets/sallyport/seal/', `${folder}/`],
    ['/run/sallyport/', `${folder}/`],
    ['127.0.0.1:9192', `127.0.0.1:${tokens}`],
    ['0.0.0.0:9195', `127.0.0.1:${admin}`],
    ['address: 127.0.0.1, port_value: 9192', `address: 127.0.0.1, port_value: ${tokens}`],
    ['address: 0.0.0.0, port_value: 8080', `address: 127.0.0.1, port_value: ${gateway}`],
    ...(['messages', 'devices'] as const).map((name) => {
      const written = `address: ${name}.platform.svc.cluster.local, port_value: ${{ messages: 9301, devices: 9302 }[name]}`;
      return [written, `address: 127.0.0.1, port_value: ${services.ports[name]}`] as const;
    }),
  ];
  const config = (await overlayFile('sallyport.yaml')).replace(
    /^store:\n(?: .*\n)+/m,
    'store: sqlite:./sallyport.db\n',
  );
  await writeFile(join(folder, 'sallyport.yaml'), config);
  await startSidecar();
  await writeFile(join(folder, 'envoy.yaml'), await overlayFile('envoy.yaml'));
  const { path } = await findEnvoy();
  const flags = '--disable-hot-restart --concurrency 1 --log-level warning'.split(' ');
  envoy = startProcess({ command: path, args: ['-c', join(folder, 'envoy.yaml'), ...flags] });
  await untilReady(envoy, [gateway]);
});

afterAll(async () => {
  await envoy.stop();
  await sallyport.stop();
  services.close();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  services.received.length = 0;
});

it('issues a token, uses it and revokes it, over the socket', async () => {
  const issued = await call(port, 'POST', '/3rdparty/v1/auth/token', basic(...ACCOUNT), { scopes: ['messages:list'] });
  const { id, access_token: token } = JSON.parse(issued.body);
  expect((await call(port, 'GET', MESSAGES, `Bearer ${token}`)).status).toBe(200);
  expect(services.received[0]?.headers).toMatchObject({
    'x-auth-scopes': 'messages:list',
    'x-auth-issuer': 'sallyport',
  });
  expect((await call(port, 'DELETE', `/3rdparty/v1/auth/token/${id}`, basic(...ACCOUNT))).status).toBe(204);
  const refused = await call(port, 'GET', MESSAGES, `Bearer ${token}`);
  expect([refused.status, JSON.parse(refused.body).code]).toEqual([401, 'token_revoked']);
});

it.each([
  ['an encoded slash', '/3rdparty/v1%2Fmessages', []],
  ['a name with an underscore', MESSAGES, [['x_auth_subject', 'mallory']]],
] as const)('refuses %s', async (_what, path, headers) => {
  const answer = await sendRequest({ port, method: 'GET', path, headers });
  expect([answer.status, services.received]).toEqual([400, []]);
});

it('denies while Sallyport is away, and finds its new socket', async () => {
  await sallyport.kill9();
  expect((await call(port, 'GET', MESSAGES)).status).toBe(503);
  await startSidecar();
  await expect.poll(async () => (await call(port, 'GET', MESSAGES)).status, { timeout: 10_000 }).toBe(401);
});

async function overlayFile(name: string): Promise<string> {
  const text = await readFile(new URL(name, OVERLAY), 'utf8');
  return replacements.reduce((current, [written, here]) => current.replaceAll(written, here), text);
}

async function startSidecar(): Promise<void> {
  const args = [MAIN, 'serve', '--config', join(folder, 'sallyport.yaml')];
  sallyport = startProcess({ command: process.execPath, args, env: { SALLYPORT_ACCOUNT: ACCOUNT.join(':') } });
  await untilReady(sallyport, others);
}
