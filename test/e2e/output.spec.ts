import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { openPipe } from '../support/pipe.ts';
import { freePorts } from '../support/servers/ports.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** More lines than a pipe holds, which is 64 KiB. */
const COUNT = 2_000;
/** Longer than a command waits for open handles. */
const SLOW_MS = 3_000;

let folder: string;
let config: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-output-'));
  config = join(folder, 'sallyport.yaml');
  const routes = Array.from({ length: COUNT }, (_, index) => ({ path: `/things/number-${index}`, public: true }));
  const listen = { extAuthz: '127.0.0.1:0' };
  await writeFile(config, JSON.stringify({ version: 1, listen, store: 'sqlite:./store.db', routes }));
  const store = await openSqliteStore(join(folder, 'store.db'));
  const account = { passwordHash: '', scopes: [], disabled: false, createdAtSeconds: 0, version: 0 };
  for (let index = 0; index < COUNT / 4; index++) {
    await store.accounts.add({ id: `account-${index}`.padEnd(60, '-'), name: `a${index}`.padEnd(60, '-'), ...account });
  }
  await store.close();
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Starts a command that writes to `descriptor`, which is closed in this process. */
function start(args: readonly string[], descriptor: number) {
  const stdio = ['ignore', descriptor, 'pipe'] as const;
  const child = spawn(process.execPath, [MAIN, ...args, '--config', config], { stdio: [...stdio] });
  closeSync(descriptor);
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stderr === null) throw new Error('it has no standard error');
  const ended = once(child, 'close').then(([code]) => code as unknown);
  return { ended, errors: text(child.stderr) };
}

function reader(readEnd: number): Socket {
  return new Socket({ fd: readEnd, readable: true, writable: false });
}

describe.each([
  ['routes', ['routes'], COUNT + 1, 0],
  ['store export', ['store', 'export'], COUNT / 4 + 2, 141],
])('sallyport %s', (_name, args, lines, codeWhenCut) => {
  it('writes everything to a slow reader', async () => {
    const { readEnd, writeEnd } = openPipe();
    const { ended } = start(args, writeEnd);
    await Promise.race([ended, wait(SLOW_MS)]);
    const output = await text(reader(readEnd));
    expect(await ended).toBe(0);
    expect(output.trimEnd().split('\n')).toHaveLength(lines);
  });

  it('exits silently if its reader closes the pipe', async () => {
    const { readEnd, writeEnd } = openPipe();
    const { ended, errors } = start(args, writeEnd);
    const head = reader(readEnd);
    await once(head, 'data');
    head.destroy();
    expect([await ended, await errors]).toEqual([codeWhenCut, '']);
  });

  it('reports a full disk in one line, and exits with 1', async () => {
    const { ended, errors } = start(args, openSync('/dev/full', 'w'));
    expect(await ended).toBe(1);
    expect(await errors).toMatch(/^sallyport: .*ENOSPC: no space left on device.*\n$/);
  });
});

it('a message that cannot be written to standard error does not change the exit code', async () => {
  const child = spawn(process.execPath, [MAIN, 'frobnicate'], {
    stdio: ['ignore', 'ignore', openSync('/dev/full', 'w')],
  });
  expect(await once(child, 'close')).toEqual([2, null]);
});

it('sallyport serve keeps running without a reader of its log, counts lost lines, and reports them', async () => {
  const [admin = 0, extAuthz = 0] = await freePorts(2);
  const file = join(folder, 'serve.yaml');
  const listen = { extAuthz: `127.0.0.1:${extAuthz}`, admin: `127.0.0.1:${admin}` };
  await writeFile(file, JSON.stringify({ version: 1, listen, store: 'memory:', routes: [] }));
  const { readEnd, writeEnd } = openPipe();
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', file], { stdio: ['ignore', writeEnd, 'pipe'] });
  for (const descriptor of [readEnd, writeEnd]) closeSync(descriptor);
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stderr === null) throw new Error('it has no standard error');
  const [errors, ended] = [text(child.stderr), once(child, 'close')];
  const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${admin}${path}`)).text();
  await expect.poll(() => get('/readyz').catch(String), { timeout: 50_000 }).toContain('"status":"ready"');
  const { log } = JSON.parse(await get('/readyz')).components ?? {};
  expect(log).toEqual({ status: 'failing', lost: expect.any(Number) });
  expect(await get('/metrics')).toMatch(/^sallyport_log_lost_total [1-9]/m);
  child.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
  expect(await errors).toMatch(/^sallyport: standard output accepts no log lines \(EPIPE.*\n$/);
});
