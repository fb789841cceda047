import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { python3, pythonPackages } from '../../tools/python.ts';
import { ACCOUNT, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { freePorts } from '../support/servers/ports.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

/** An account that gets refresh tokens. */
const REFRESHER = 'refresher';

let packages: string;
let service: Server;
let sallyport: Sallyport;
let envoy: RunningEnvoy;
let gateway: string;

beforeAll(async () => {
  packages = await pythonPackages('clients');
  const [port = 0] = await freePorts(1);
  service = createMessageService().listen(port, '127.0.0.1');
  await once(service, 'listening');
  sallyport = await startSallyport({
    env: WITH_ACCOUNT,
    edit: (config) => Object.assign(config, { clockSkew: '1s', refreshTokens: {} }),
  });
  const { extAuthz, tokens } = sallyport.ports;
  envoy = await startEnvoy({ sallyport: extAuthz, tokens, messages: port, devices: port });
  gateway = `http://127.0.0.1:${envoy.gateways[0]?.port}`;
}, 180_000);

afterAll(async () => {
  await envoy.close();
  await sallyport.close();
  service.close().closeAllConnections();
});

it('the Python of SMSGate\u2019s documentation sends with a password and with tokens, across an expiry', async () => {
  expect(await runPython('smsgate-faq.py')).toEqual({
    migration: 202,
    kept: true,
    before: [202, null],
    after: [401, 'token expired'],
    renewed: [true, [202, null]],
  });
}, 120_000);

it('android-sms-gateway 4.3.3 generates a token, uses it and revokes it', async () => {
  expect(await runPython('android-sms-gateway.py')).toEqual({
    token: ['Bearer', 21, expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)],
    sent: 'message-1',
    missing: [403, 'scope required: devices:list'],
    revoked: [401, 'token revoked'],
  });
}, 120_000);

it('android-sms-gateway 4.3.3 refreshes a token, and a token that is used twice ends all of its family', async () => {
  const args = ['account', 'add', REFRESHER, '--scopes', 'messages:send,tokens:manage,tokens:refresh'];
  const config = join(sallyport.folder, 'sallyport.yaml');
  const added = await runSallyport([...args, '--config', config], { input: `${ACCOUNT.password}\n` });
  expect(added.code, added.output).toBe(0);
  const revoked = [401, 'token revoked'];
  const invalid = [401, 'invalid token'];
  expect(await runPython('android-sms-gateway-refresh.py', REFRESHER)).toEqual({
    types: ['Bearer', 'Bearer', 'Bearer'],
    different: 3,
    sent: ['message-1', 'message-1', 'message-1'],
    misused: [invalid, invalid],
    reused: revoked,
    after: [revoked, revoked, revoked, revoked],
    revoked: [revoked, revoked],
  });
}, 120_000);

it('the curl lines of SMSGate\u2019s documentation issue and revoke a token', async () => {
  const user = ['-u', `${ACCOUNT.name}:${ACCOUNT.password}`];
  const url = `${gateway}/3rdparty/v1/auth/token`;
  const body = JSON.stringify({ ttl: 3600, scopes: ['messages:send', 'messages:read'] });
  const issued = JSON.parse(await curl('-X', 'POST', url, ...user, '-H', 'Content-Type: application/json', '-d', body));
  expect(issued).toMatchObject({ token_type: 'Bearer', id: expect.any(String), expires_at: expect.any(String) });
  const status = ['-o', '/dev/null', '-w', '%{http_code}'];
  const send = () =>
    curl(
      ...status,
      '-X',
      'POST',
      `${gateway}/3rdparty/v1/messages`,
      '-H',
      `Authorization: Bearer ${issued.access_token}`,
    );
  expect(await send()).toBe('202');
  expect(await curl(...status, '-X', 'DELETE', `${url}/${issued.id}`, ...user)).toBe('204');
  expect(await send()).toBe('401');
});

async function runPython(script: string, name = ACCOUNT.name): Promise<unknown> {
  const path = fileURLToPath(new URL(`../foreign/${script}`, import.meta.url));
  return JSON.parse(await python3(path, packages, gateway, name, ACCOUNT.password));
}

async function curl(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('curl', ['-s', ...args])).stdout;
}

/** Answers a message like SMSGate, whose clients read the response. */
function createMessageService(): Server {
  return createServer({ keepAliveTimeout: 0 }, (request, response) => {
    request.resume();
    response.writeHead(202, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 'message-1', state: 'Pending', recipients: [] }));
  });
}
