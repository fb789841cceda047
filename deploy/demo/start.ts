import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { finish, Output } from '../../src/cli/terminal/output.ts';
import { findEnvoy } from '../../tools/envoy.ts';
import type { Program } from '../../tools/program.ts';
import { type Account, commandLine, demoAccount, prepareAccount } from './account.ts';
import { type Child, startChild } from './child.ts';
import { guide } from './guide.ts';
import { holderOf, isTaken, untilAccepting } from './ports.ts';
import { createService } from './services.ts';

const out = new Output(process.stdout);
const err = new Output(process.stderr);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = `${ROOT}src/main.ts`;
/** The configuration of `npm run sallyport`, so that every command works on the store of the demo. */
const CONFIG = `${ROOT}sallyport.yaml`;
/** The folder of the logs. */
const FOLDER = `${ROOT}.cache/demo`;
const PATIENCE_MS = 20_000;
/** Envoy buffers its access log for ten seconds, which is too long for a demo. */
const FLUSH = ['--file-flush-interval-msec', '200'];

/** The ports of envoy.yaml and sallyport.yaml, and the programs that listen on them. */
const PORTS = {
  8080: 'Envoy',
  9191: 'Sallyport',
  9192: 'Sallyport',
  9195: 'Sallyport',
  9301: 'messages',
  9302: 'devices',
};

async function checkPorts(): Promise<void> {
  const ports = Object.entries(PORTS).map(([port, name]) => ({ port: Number(port), name }));
  const taken = await Promise.all(ports.map(({ port }) => isTaken(port)));
  const problems = ports
    .filter((_, index) => taken[index])
    .map(({ port, name }) => `port ${port}, for ${name}, is in use by ${holderOf(port) ?? 'another process'}`);
  if (problems.length > 0) throw new Error(`${problems.join('\n')}\nStop that process and run npm start again`);
}

async function startServices(): Promise<void> {
  await once(createService('messages').listen(9301, '127.0.0.1'), 'listening');
  await once(createService('devices').listen(9302, '127.0.0.1'), 'listening');
}

/** Only Sallyport receives the password, and only in its environment. */
function startSallyport({ name, password }: Account): Child {
  const args = [MAIN, 'serve', '--config', CONFIG];
  const env = { ...process.env, SALLYPORT_ACCOUNT: `${name}:${password}` };
  return startChild('Sallyport', { command: process.execPath, args, env, log: `${FOLDER}/sallyport.log` });
}

function startEnvoy({ path }: Program): Child {
  const args = ['-c', `${ROOT}envoy.yaml`, '--disable-hot-restart', '--log-level', 'error', ...FLUSH];
  const { SALLYPORT_ACCOUNT: _, ...env } = process.env;
  return startChild('Envoy', { command: path, args, env, log: `${FOLDER}/envoy.log` });
}

/** Resolves once a request through the gateway gets 200; rejects with the last response after a time. */
async function untilHealthy(): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  let answer = await health();
  for (; answer !== 200; answer = await health()) {
    if (performance.now() > deadline) throw new Error(`GET http://127.0.0.1:8080/health answers ${answer}`);
    await sleep(50);
  }
}

async function health(): Promise<number | string | undefined> {
  const call = request('http://127.0.0.1:8080/health', { agent: false, timeout: 2_000 });
  return new Promise((resolve) => {
    call.once('response', (response) => resolve(response.resume().statusCode));
    call.once('timeout', () => call.destroy(new Error('no response in time')));
    call.once('error', (error) => resolve(error.message));
    call.end();
  });
}

/** Resolves once everything runs; adds each process to `children` as soon as it exists. */
async function start(children: Child[]): Promise<void> {
  const account = demoAccount(process.env['SALLYPORT_ACCOUNT']);
  await checkPorts();
  const envoy = await findEnvoy();
  await mkdir(FOLDER, { recursive: true });
  await startServices();
  await prepareAccount(account, commandLine(MAIN, CONFIG));
  children.push(startSallyport(account));
  await Promise.race([
    watch(children),
    Promise.all([9191, 9192, 9195].map((port) => untilAccepting(port, PATIENCE_MS))),
  ]);
  children.push(startEnvoy(envoy));
  await Promise.race([watch(children), untilHealthy()]);
  out.write(guide(account, `${envoy.version} (${envoy.origin})`));
}

/** Rejects when one of the processes exits, with its last output. */
async function watch(children: readonly Child[]): Promise<never> {
  return Promise.race(
    children.map(async (child) => {
      const how = await child.ended;
      throw new Error(`${child.name} ${how}; ${child.tail()}`);
    }),
  );
}

/** Resolves at the first signal to stop. Further ones do nothing: npm forwards the Ctrl-C that we have received. */
async function untilSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

async function main(): Promise<void> {
  const children: Child[] = [];
  // However this process exits, it leaves no child behind.
  process.once('exit', () => children.forEach((child) => child.kill()));
  const stopped = untilSignal();
  try {
    const demo = start(children).then(() => watch(children));
    await Promise.race([stopped, demo]);
  } catch (error) {
    err.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
  await Promise.all(children.map((child) => child.stop()));
  process.exit(await finish(Number(process.exitCode ?? 0), out, err));
}

await main();
