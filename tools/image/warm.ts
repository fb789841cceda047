/**
 * Fills the compile cache of the image: runs Sallyport as it will run, and then loads every other file. The cache holds
 * each file of the bundle, and the code of the functions that ran. It fails if Sallyport does not work with what is
 * installed, so a package that lost a file it needs never reaches an image.
 *
 * Runs in the folder of Sallyport, as the user of the image, with NODE_COMPILE_CACHE.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const ACCOUNT = 'warm:only-while-the-image-is-built';
const PATIENCE_MS = 60_000;
/** The programs in the bundle. Each starts something when it is loaded. */
const PROGRAMS = ['main', 'worker-main', 'writer-thread', 'signature-thread'];

const CONFIG = `version: 1
listen:
  extAuthz: 127.0.0.1:9191
  tokens: 127.0.0.1:9192
  verify: { address: 127.0.0.1:9193, mode: forwarded }
  access: 127.0.0.1:9194
  admin: 127.0.0.1:9195
store: sqlite:./sallyport.db
timeouts: { decision: 30s, store: 20s } # a slow machine builds too
scopes: { "things:read": {} }
issuers: [{ name: sallyport, issuer: "https://sallyport.invalid", signing: { algorithm: EdDSA } }]
routes: [{ path: /things, scope: "things:read" }]
`;

/** Runs Sallyport with every listener, asks those that decide, and stops it. */
async function runOnce(folder: string): Promise<void> {
  const config = join(folder, 'sallyport.yaml');
  writeFileSync(config, CONFIG);
  const env = { ...process.env, SALLYPORT_ACCOUNT: ACCOUNT };
  const child = spawn(process.execPath, ['bin/sallyport', 'serve', '--config', config], { env, stdio: 'inherit' });
  const ended = once(child, 'exit');
  try {
    await untilReady(child);
    const token = await issue();
    await askOverHttp(token);
    await askAsEnvoy(token);
    await expectStatus('http://127.0.0.1:9195/metrics', {}, 200);
  } finally {
    child.kill('SIGTERM');
  }
  await ended;
  if (child.exitCode !== 0) throw new Error(`Sallyport ended with ${child.exitCode ?? child.signalCode}`);
}

async function untilReady(child: ChildProcess): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await fetch('http://127.0.0.1:9195/readyz').catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error('Sallyport does not start');
    if (performance.now() > deadline) throw new Error(`Sallyport is not ready after ${PATIENCE_MS} ms`);
    await wait(50);
  }
}

async function issue(): Promise<string> {
  const response = await expectStatus(
    'http://127.0.0.1:9192/3rdparty/v1/auth/token',
    {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(ACCOUNT)}`, 'content-type': 'application/json' },
      body: '{"scopes":["things:read"]}',
    },
    201,
  );
  const answer: unknown = await response.json();
  if (typeof answer === 'object' && answer !== null && 'access_token' in answer) return String(answer.access_token);
  throw new Error('the answer holds no access_token');
}

/** Asks the listener of forward authentication. */
async function askOverHttp(token: string): Promise<void> {
  const request = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/things', 'x-forwarded-host': 'example.com' };
  const headers = { ...request, authorization: `Bearer ${token}` };
  await expectStatus('http://127.0.0.1:9193/auth', { headers }, 200);
  await expectStatus('http://127.0.0.1:9193/auth', { headers: request }, 401);
}

/** Calls `Check` of ext_authz twice: for a token that is new, and for one that is known. */
async function askAsEnvoy(token: string): Promise<void> {
  const header = bytes(3, text(1, 'authorization'), text(2, `Bearer ${token}`));
  const http = bytes(2, text(2, 'GET'), header, text(4, '/things'), text(5, 'example.com'));
  // CheckRequest.attributes, AttributeContext.request, Request.http.
  const message = bytes(1, bytes(4, http));
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  const session = connect('http://127.0.0.1:9191');
  for (let call = 0; call < 2; call += 1) {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/envoy.service.auth.v3.Authorization/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const trailers = once(stream, 'trailers');
    stream.resume().end(Buffer.concat([frame, message]));
    // `once` types what an event carries as any.
    const [{ 'grpc-status': status }] = (await trailers) as [Record<string, unknown>];
    if (status !== '0') throw new Error(`Check ends with the gRPC status ${String(status)}`);
  }
  session.close();
}

/** A length-delimited field of a protobuf message. */
function bytes(field: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = [];
  let rest = content.length;
  for (; rest > 127; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length, rest]), content]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

async function expectStatus(url: string, init: RequestInit, status: number): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status === status) return response;
  throw new Error(`${url} answers ${response.status}, not ${status}: ${await response.text()}`);
}

const folder = mkdtempSync(join(tmpdir(), 'warm-'));
await runOnce(folder);
rmSync(folder, { recursive: true });
for (const file of globSync('bundle/*.mjs')) {
  if (!PROGRAMS.includes(basename(file, '.mjs'))) await import(pathToFileURL(resolve(file)).href);
}
// Nothing that a module left running keeps the build waiting; the cache is written on exit.
process.exit();
