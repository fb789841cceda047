import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../support/servers/ports.ts';
import type { Process } from '../support/servers/process.ts';
import { startProcess, untilReady } from '../support/servers/process.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let folder: string;
let serve: Process;
let port: number;

/** Writes a version of the volume that Kubernetes mounts, and swaps to it. */
async function mount(version: string, files: Readonly<Record<string, string>>): Promise<void> {
  const volume = join(folder, 'routes.d');
  await mkdir(join(volume, `..${version}`), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(volume, `..${version}`, name), text);
    await symlink(join('..data', name), join(volume, name)).catch(() => undefined);
  }
  await symlink(`..${version}`, join(volume, '..data_tmp'));
  await rename(join(volume, '..data_tmp'), join(volume, '..data'));
}

const routeTo = (path: string): string => `routes: [{ path: ${path}, public: true }]`;

/** The status that a gateway gets for GET. */
async function ask(path: string): Promise<number> {
  const headers = { 'x-original-method': 'GET', 'x-original-url': path };
  return (await fetch(`http://127.0.0.1:${port}/auth`, { headers })).status;
}

const becomes = (path: string, status: number) =>
  expect.poll(() => ask(path), { timeout: 20_000, interval: 100 }).toBe(status);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-include-'));
  [port = 0] = await freePorts(1);
  await mount('v1', { 'a.yaml': routeTo('/a') });
  const file = join(folder, 'sallyport.yaml');
  const lines = [
    'version: 1',
    'include: [routes.d/*.yaml]',
    'store: "memory:"',
    `listen: { verify: { address: "127.0.0.1:${port}", mode: nginx } }`,
    'routes: [{ path: "/closed/**", authenticated: true }]',
  ];
  await writeFile(file, lines.join('\n'));
  serve = startProcess({ command: process.execPath, args: [MAIN, 'serve', '--config', file] });
  await untilReady(serve, [port]);
});

afterAll(async () => {
  await serve.stop();
  await rm(folder, { recursive: true });
});

it('routes of an included file are in force', async () => {
  expect(await ask('/a')).toBe(200);
  expect(await ask('/b')).toBe(403);
});

it('a swap of the volume that adds a file is taken up', async () => {
  await mount('v2', { 'a.yaml': routeTo('/a'), 'b.yaml': routeTo('/b') });
  await becomes('/b', 200);
  expect(await ask('/a')).toBe(200);
});

it.each([
  ['half-written', 'routes: [{ path: /c, public: tr', 'b.yaml:1:'],
  ['empty', '', 'b.yaml:1:1: the file is empty'],
  ['opening what the main file closes', routeTo('/closed/c'), "'/closed/c' admits requests that '/closed/**'"],
])('a file that is %s leaves the former configuration in force, and the log names it', async (_what, text, problem) => {
  await mount(`bad-${text.length}`, { 'a.yaml': routeTo('/new'), 'b.yaml': text });
  await expect.poll(() => serve.output(), { timeout: 20_000 }).toContain(problem);
  expect(await ask('/b')).toBe(200);
  expect(await ask('/a')).toBe(200);
  expect(await ask('/new')).toBe(403);
});

it('a file that is removed takes its routes with it', async () => {
  await rm(join(folder, 'routes.d/b.yaml'));
  await mount('v3', { 'a.yaml': routeTo('/new') });
  await becomes('/new', 200);
  expect(await ask('/a')).toBe(403);
  expect(await ask('/b')).toBe(403);
});
