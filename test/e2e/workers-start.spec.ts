import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Exposition, parseExposition } from '../support/exposition.ts';
import { connectChecks } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { freePorts } from '../support/servers/ports.ts';
import { type Process, startProcess } from '../support/servers/process.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Listens on a Unix socket and is killed, so that its file stays. */
const LEAVES_SOCKET = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;

let folder: string;
let admin: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-workers-'));
  [admin = 0] = await freePorts(1);
});

afterAll(() => rm(folder, { recursive: true }));

async function serve(extAuthz: string, nodeFlags: readonly string[] = []): Promise<Process> {
  const file = join(folder, 'sallyport.yaml');
  const listen = `{ extAuthz: "${extAuthz}", admin: "127.0.0.1:${admin}" }`;
  await writeFile(file, `version: 1\nlisten: ${listen}\nworkers: 2\nroutes: [{ path: /open, public: true }]\n`);
  const args = [...nodeFlags, MAIN, 'serve', '--config', file];
  const started = startProcess({ command: process.execPath, args });
  onTestFinished(() => started.kill9());
  return started;
}

async function isReady(): Promise<boolean> {
  return call(admin, 'GET', '/readyz').then(
    ({ status }) => status === 200,
    () => false,
  );
}

async function metrics(): Promise<Exposition> {
  return parseExposition((await call(admin, 'GET', '/metrics')).body);
}

/** Of each worker. */
async function decisions(): Promise<readonly (number | undefined)[]> {
  const exposition = await metrics();
  return ['1', '2'].map((worker) => exposition.value('sallyport_worker_decisions_total', { worker }));
}

async function connections(): Promise<number | undefined> {
  return (await metrics()).value('sallyport_http2_connections', {});
}

describe('serve with workers', () => {
  it('does not start if the port is taken, and says so', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const started = await serve(`127.0.0.1:${port}`);
    expect(await started.ended).toBe(1);
    const cause = `worker \\d cannot start: listen.extAuthz: cannot listen on 127.0.0.1:${port}: .*EADDRINUSE`;
    expect(started.output()).toMatch(new RegExp(`"level":"fatal".*"cause":"${cause}.*"not started"`));
  });

  it('does not start if a worker crashes at its start, and tries no other', async () => {
    const crash = `import cluster from 'node:cluster'; if (cluster.isWorker) { console.error('crash'); process.exit(7); }`;
    const started = await serve('127.0.0.1:0', ['--import', `data:text/javascript,${encodeURIComponent(crash)}`]);
    expect(await started.ended).toBe(1);
    expect(started.output()).toMatch(/"cause":"worker \d cannot start: it ended with exit code 7"/);
    expect(started.output().match(/^crash$/gm)?.length).toBeLessThanOrEqual(2);
  });

  it('shares a Unix socket, and the worker with the fewest connections gets the next one', async () => {
    const path = join(folder, 'ext-authz.sock');
    await startProcess({ command: process.execPath, args: ['-e', LEAVES_SOCKET, path] }).ended;
    expect((await stat(path)).isSocket()).toBe(true);
    const started = await serve(`unix:${path}`);
    // Long, because the machine may be busy.
    await expect.poll(isReady, { timeout: 100_000 }).toBe(true);
    const clients = Array.from({ length: 4 }, () => connectChecks(`unix:${path}`));
    const request = { method: 'GET', path: '/open', host: 'h', headers: [] };
    for (const client of clients) {
      expect((await client.check(request, 'plain')).outcome).toBe('passes');
      expect(await client.health()).toBe('SERVING');
    }
    expect(await decisions()).toEqual([2, 2]);
    // Which of them are at the first worker? They alone end, and what is connected then goes there.
    for (const client of clients) {
      const [before = 0] = await decisions();
      await client.check(request, 'plain');
      const [after = 0] = await decisions();
      if (after > before) client.close();
    }
    expect(await decisions()).toEqual([4, 4]);
    await expect.poll(connections, { timeout: 30_000 }).toBe(2);
    const others = Array.from({ length: 2 }, () => connectChecks(`unix:${path}`));
    for (const client of others) expect((await client.check(request, 'plain')).outcome).toBe('passes');
    expect(await decisions()).toEqual([6, 4]);
    for (const client of [...clients, ...others]) client.close();
    expect(await started.stop()).toBe(0);
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });
});
