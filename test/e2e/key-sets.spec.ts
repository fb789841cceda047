import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certify, hasOpenssl } from '../support/certificates.ts';
import { forgeWith, signedBy } from '../support/jwt/forge.ts';
import { WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { call, type HttpResponse } from '../support/servers/http-client.ts';
import { type IssuerServer, startIssuerServer } from '../support/servers/issuer-server.ts';
import { LOGGED } from '../support/servers/process.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const DECISION_MS = 2_000;
const COOL_DOWN_MS = 10_000;
/** The delay that a busy machine may add; shorter than the limits of a decision and of a fetch. */
const SLACK_MS = 1_500;

const METADATA = '/.well-known/openid-configuration';
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEY_SET = JSON.stringify({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'known' }] });

const publish: RequestListener = (_, response) => void response.end(KEY_SET);

/** Issuers whose keys cannot be fetched, and the log's message about each. */
const BROKEN: Readonly<Record<string, readonly [answer: RequestListener, why: string]>> = {
  hole: [() => undefined, 'it did not answer in full within 5000 ms'],
  drip: [drip, 'it did not answer in full within 5000 ms'],
  garbage: [(_, response) => void response.end('<html>very-private</html>'), 'it answered no JSON'],
  nothing: [(_, response) => void response.end('{"keys":[]}'), 'its key set has no key that can verify a signature'],
  error: [(_, response) => void response.writeHead(500).end(KEY_SET), 'it answered 500'],
  redirect: [redirect, 'it answered 302'],
  huge: [(_, response) => void response.end(KEY_SET.padEnd(600 * 1024)), 'it sent over 524288 bytes'],
};

/** The issuers that never answer. */
const SILENT = ['hole', 'drip'];

let folder: string;
let services: Services;
let sallyport: Sallyport;
let envoy: RunningEnvoy;
let startedAtMs: number;
const issuers: Record<string, IssuerServer> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-ca-'));
  services = await startServices();
  for (const name of ['corporate', 'other']) issuers[name] = await startIssuerServer(publish);
  for (const [name, [answer]] of Object.entries(BROKEN)) issuers[name] = await startIssuerServer(answer);
  issuers['discovered'] = await startIssuerServer(discover(''));
  issuers['mismatch'] = await startIssuerServer(discover('/'));
  if (hasOpenssl) {
    certify(folder, 'ca');
    issuers['private'] = await startIssuerServer(publish, certify(folder, 'issuer', 'ca'));
  }
  const env = {
    ...WITH_ACCOUNT,
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
  };
  sallyport = await startSallyport({ env, edit: configure });
  startedAtMs = performance.now();
  const { extAuthz, tokens } = sallyport.ports;
  envoy = await startEnvoy({ sallyport: extAuthz, tokens, ...services.ports });
});

afterAll(async () => {
  await envoy.close();
  await sallyport.close();
  services.close();
  await Promise.all(Object.values(issuers).map((issuer) => issuer.stop()));
  rmSync(folder, { recursive: true });
});

describe('an issuer that publishes its keys', () => {
  it.each(['corporate', 'other'])('has its tokens accepted: %s', async (name) => {
    await expect.poll(async () => (await send(name)).status, { timeout: 5_000 }).toBe(202);
    expect(issuers[name]?.requests).toEqual(['/jwks?secret=hunter2']);
  });

  it.skipIf(!hasOpenssl)('may have a certificate of a private CA (needs the openssl command)', async () => {
    expect(issuers['private']?.origin).toMatch(/^https:/);
    await expect.poll(async () => (await send('private')).status, { timeout: 5_000 }).toBe(202);
  });

  it('may publish their location by discovery', async () => {
    await expect.poll(async () => (await send('discovered')).status, { timeout: 5_000 }).toBe(202);
    expect(issuers['discovered']?.requests).toEqual([METADATA, '/jwks?secret=hunter2']);
  });
});

describe('an issuer that is stopped', () => {
  it('keeps its cached keys, also for new tokens', async () => {
    await issuers['corporate']?.stop();
    for (let index = 0; index < 10; index++) expect((await send('corporate')).status).toBe(202);
  });

  it('receives one request for new keys, and another without a trigger once it is back', {
    timeout: 60_000,
  }, async () => {
    await untilMs(startedAtMs + COOL_DOWN_MS + SLACK_MS);
    const down = await send('corporate', 'unknown');
    expect([down.status, codeOf(down)]).toEqual([503, 'unavailable']);
    expect((await send('corporate')).status).toBe(202);
    await issuers['corporate']?.start();
    await expect.poll(async () => (await send('corporate', 'unknown')).status, { timeout: 20_000 }).toBe(401);
    await expect.poll(() => sallyport.output(), LOGGED).toContain('"msg":"key set refreshed again"');
  });
});

describe('unknown kids', () => {
  it('are refused, and fifty of them cause one fetch', async () => {
    await untilMs(startedAtMs + COOL_DOWN_MS + SLACK_MS);
    const answers = await Promise.all(Array.from({ length: 50 }, () => send('other', randomUUID())));
    expect(new Set(answers.map((answer) => `${answer.status} ${codeOf(answer)}`))).toEqual(
      new Set(['401 token_invalid']),
    );
    expect(issuers['other']?.requests).toHaveLength(2);
  });
});

describe('an issuer whose keys cannot be fetched', () => {
  it.each(Object.keys(BROKEN))("is unavailable in time, and delays no other issuer's tokens: %s", async (name) => {
    let denied = 0;
    const waiting = Array.from({ length: 20 }, () => send(name).finally(() => (denied += 1)));
    expect((await send('other')).status).toBe(202);
    // The others failed before and back off, so their tokens are denied at once.
    if (SILENT.includes(name)) expect(denied).toBe(0);
    const answers = await Promise.all(waiting);
    expect(new Set(answers.map((answer) => `${answer.status} ${codeOf(answer)}`))).toEqual(
      new Set(['503 unavailable']),
    );
    expect(answers[0]?.headers['retry-after']).toBeDefined();
  });

  it.each(Object.entries(BROKEN))('appears in the log: %s', async (name, [, why]) => {
    await expect.poll(() => failuresOf(name), { timeout: 10_000 }).toEqual([why]);
  });

  it('may have the metadata of another issuer, and the log names both', async () => {
    expect(codeOf(await send('mismatch'))).toBe('unavailable');
    const { origin } = issuers['mismatch'] ?? {};
    expect(failuresOf('mismatch')).toEqual([
      `its key set could not be discovered: its document is of issuer "${origin}/", not of "${origin}"`,
    ]);
    expect(new Set(issuers['mismatch']?.requests)).toEqual(new Set([METADATA]));
  });

  it('receives fewer and fewer requests, however many tokens name it', async () => {
    await untilMs(startedAtMs + COOL_DOWN_MS);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    // After 0, 1, 3, 7, 15, 31 seconds, and then every minute; each wait may be a quarter shorter.
    const most = 1 + Math.ceil(Math.log2(seconds / 0.75 + 1)) + Math.ceil(seconds / 45);
    for (const name of ['garbage', 'error', 'huge']) expect(issuers[name]?.requests.length).toBeLessThanOrEqual(most);
  });
});

it('a reload keeps the keys of an issuer that is down', async () => {
  await issuers['other']?.stop();
  process.kill(sallyport.pid ?? 0, 'SIGHUP');
  await expect.poll(() => sallyport.output(), { timeout: 5_000 }).toContain('"msg":"configuration taken up"');
  expect((await send('other')).status).toBe(202);
});

it('Sallyport logs no query of a URL and no part of a response that it could not read', async () => {
  await expect.poll(() => sallyport.output(), LOGGED).toContain('"msg":"key set fetched"');
  for (const secret of ['hunter2', 'very-private']) expect(sallyport.output()).not.toContain(secret);
});

function configure(config: Record<string, unknown>): void {
  config['timeouts'] = { decision: `${DECISION_MS}ms`, store: '500ms' };
  // The demo's file has a list.
  const written = config['issuers'] as object[];
  const common = { audience: 'any', algorithms: ['ES256'] };
  for (const [name, { origin }] of Object.entries(issuers)) {
    const isDiscovered = name === 'discovered' || name === 'mismatch';
    const where = isDiscovered ? { discovery: true } : { jwks: `${origin}/jwks?secret=hunter2` };
    written.push({ name, issuer: issOf(name), ...common, ...where });
  }
}

function issOf(name: string): string {
  return issuers[name]?.origin ?? '';
}

/** Sends a new token of an issuer through Envoy. */
function send(name: string, kid = 'known'): Promise<HttpResponse> {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { iss: issOf(name), sub: 'alice', jti: randomUUID(), exp, scope: 'messages:send' };
  const token = forgeWith({ alg: 'ES256', kid }, claims, signedBy('ES256', pair.privateKey));
  const port = envoy.gateways[0]?.port ?? 0;
  return call(port, 'POST', '/3rdparty/v1/messages', `Bearer ${token}`);
}

function codeOf({ body }: HttpResponse): string {
  return JSON.parse(body).code;
}

/** Returns the causes in the log of an issuer's failed fetches. */
function failuresOf(name: string): string[] {
  const lines = sallyport
    .output()
    .split('\n')
    .filter((line) => line.includes('"msg":"key set not refreshed"'));
  return lines.map((line) => JSON.parse(line)).flatMap(({ issuer, cause }) => (issuer === name ? [cause] : []));
}

async function untilMs(atMs: number): Promise<void> {
  await wait(Math.max(0, atMs - performance.now()));
}

function drip(...[, response]: Parameters<RequestListener>): void {
  const timer = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(timer));
}

function redirect(...[request, response]: Parameters<RequestListener>): void {
  if (request.url?.startsWith('/elsewhere') === true) response.end(KEY_SET);
  else response.writeHead(302, { location: '/elsewhere' }).end();
}

/** Serves an issuer's metadata and key set. A suffix in the metadata makes them another issuer's. */
function discover(added: string): RequestListener {
  return ({ url, headers }, response) => {
    const origin = `http://${headers.host}`;
    const metadata = { issuer: `${origin}${added}`, jwks_uri: `${origin}/jwks?secret=hunter2` };
    response.end(url === METADATA ? JSON.stringify(metadata) : KEY_SET);
  };
}
