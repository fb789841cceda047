import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NODE_OPTIONS } from '../../bin/node-options.mjs';
import { finish, Output } from '../../src/cli/terminal/output.ts';
import { type Account, commandLine, demoAccount, prepareAccount } from './account.ts';
import { type Child, startChild } from './child.ts';
import { CONFIG, type DemoGateway, demoGateway } from './gateway.ts';
import { guide } from './guide.ts';
import { holderOf, isTaken, untilAccepting } from './ports.ts';
import { createService } from './services.ts';

const out = new Output(process.stdout);
const err = new Output(process.stderr);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = `${ROOT}src/main.ts`;
/** The folder of the logs. */
const FOLDER = `${ROOT}.cache/demo`;
const PATIENCE_MS = 20_000;

async function checkPorts(gateway: DemoGateway): Promise<void> {
  const ports = [
    { port: 8080, name: gateway.title },
    ...gateway.ports.map((port) => ({ port, name: 'Sallyport' })),
    { port: 9301, name: 'messages' },
    { port: 9302, name: 'devices' },
  ];
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
function startSallyport({ name, password }: Account, config: string): Child {
  const args = [...NODE_OPTIONS, MAIN, 'serve', '--config', config];
  const env = { ...process.env, SALLYPORT_ACCOUNT: `${name}:${password}` };
  return startChild('Sallyport', { command: process.execPath, args, env, log: `${FOLDER}/sallyport.log` });
}

function startGateway({ title, program, args, log }: DemoGateway): Child {
  const { SALLYPORT_ACCOUNT: _, ...env } = process.env;
  return startChild(title, { command: program.path, args, env, log: `${FOLDER}/${log}.log` });
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
  const gateway = await demoGateway(process.argv[2], FOLDER);
  await checkPorts(gateway);
  await mkdir(FOLDER, { recursive: true });
  await startServices();
  await prepareAccount(account, commandLine(MAIN, CONFIG));
  children.push(startSallyport(account, gateway.config));
  await Promise.race([watch(children), Promise.all(gateway.ports.map((port) => untilAccepting(port, PATIENCE_MS)))]);
  children.push(startGateway(gateway));
  await Promise.race([watch(children), untilHealthy()]);
  out.write(guide(account, gateway));
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
