import { execFile, execFileSync } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NODE_OPTIONS, nodeOptions } from '../../bin/node-options.mjs';
import { freePorts } from '../support/servers/ports.ts';
import { startProcess, untilReady } from '../support/servers/process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(ROOT, 'bin/sallyport.mjs');
/** A Node that needs the pinned one, if there is one on the PATH. */
const OLDER = olderNode();

let folder: string;
let port = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-program-'));
  [port = 0] = await freePorts(1);
  await writeFile(
    join(folder, 'sallyport.yaml'),
    `version: 1
listen: { extAuthz: "127.0.0.1:${port}" }
workers: 2
store: sqlite:./store.db
scopes: { mine:read: {} }
issuers: [{ name: own, issuer: "https://s.local", signing: { algorithm: EdDSA } }]
routes: [{ path: /mine, scope: mine:read }]
`,
  );
});

afterAll(() => rm(folder, { recursive: true }));

const VALID = 'sallyport.yaml: valid: 1 route, 1 issuer, 1 scope\n';

/** Runs a program in the caller's folder; resolves to what it printed. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, env: { ...process.env, ...env } };
    const child = execFile(command, args, options, (error, stdout, stderr) =>
      error === null ? resolve(stdout + stderr) : reject(new Error(`${error.message}\n${stdout}`)),
    );
    child.stdin?.end(input);
  });
}

function olderNode(): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).flatMap((place) => {
    try {
      const node = join(place, 'node');
      const version = execFileSync(node, ['--version'], { encoding: 'utf8' });
      return Number.parseInt(version.slice(1), 10) < 24 ? [node] : [];
    } catch {
      return [];
    }
  })[0];
}

describe('the program sallyport', () => {
  it('reads the configuration of the caller, started through a link on the PATH', async () => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await symlink(PROGRAM, join(bin, 'sallyport'));
    const PATH = [bin, dirname(process.execPath), process.env['PATH']].join(delimiter);
    expect(await run('sallyport', ['check'], { PATH })).toBe(VALID);
  });

  it('reads the configuration of the caller, started by npm', async () => {
    const args = ['run', '-s', '--prefix', ROOT, 'sallyport', '--', 'check'];
    // Standard error may say that something was installed before.
    expect(await run('npm', args, { INIT_CWD: folder })).toContain(VALID);
  });

  it(`runs on the pinned Node and hands on signals, started by ${OLDER === undefined ? 'a Node without execve' : 'an older Node'}`, async () => {
    const env: NodeJS.ProcessEnv = {};
    let node = OLDER;
    if (node === undefined) {
      node = join(folder, 'node');
      await copyFile(process.execPath, node);
      env['NODE_OPTIONS'] = '--import "data:text/javascript,delete process.execve"';
    }
    expect(JSON.parse(await run(node, [PROGRAM, '--version', '--json'], env))).toMatchObject({
      node: process.versions.node,
    });
    const config = join(folder, 'sallyport.yaml');
    const serving = startProcess({ command: node, args: [PROGRAM, 'serve', '--config', config], env });
    await untilReady(serving, [port]);
    expect(await serving.stop(), serving.output()).toBe(0);
    await expect(run(node, [PROGRAM, 'check', '--config', 'none.yaml'], env)).rejects.toThrow('Command failed');
  });

  it('serves with a small young generation, also in its workers', async () => {
    const serving = startProcess({
      command: process.execPath,
      args: [PROGRAM, 'serve', '--config', join(folder, 'sallyport.yaml')],
    });
    await expect.poll(() => serving.output(), { timeout: 40_000 }).toContain('"workers":2,"msg":"ready"');
    const workers = await readFile(`/proc/${serving.pid}/task/${serving.pid}/children`, 'utf8');
    const pids = [serving.pid, ...workers.trim().split(' ')];
    expect(pids).toHaveLength(3);
    for (const pid of pids) {
      expect((await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')).toEqual(
        expect.arrayContaining([...NODE_OPTIONS]),
      );
    }
    expect(await serving.stop(), serving.output()).toBe(0);
  });

  it('leaves the size of the young generation to an option of the caller', () => {
    expect(nodeOptions()).toEqual(NODE_OPTIONS);
    vi.stubEnv('NODE_OPTIONS', '--max-semi-space-size=16');
    expect(nodeOptions()).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('runs from a package in node_modules, where Node strips no types, with its threads and workers', async () => {
    const modules = join(folder, 'package/node_modules');
    const own = join(modules, 'sallyport');
    await mkdir(own, { recursive: true });
    const parts = ['bin', 'src', 'proto', 'package.json', 'config.schema.json'];
    await Promise.all(parts.map((part) => cp(join(ROOT, part), join(own, part), { recursive: true })));
    for (const name of await readdir(join(ROOT, 'node_modules'))) {
      await symlink(join(ROOT, 'node_modules', name), join(modules, name));
    }
    const program = join(own, 'bin/sallyport.mjs');
    expect(await run(process.execPath, [program, 'check'])).toBe(VALID);
    // SQLite's writer is a thread.
    const add = [program, 'account', 'add', 'ada', '--scopes', 'mine:read'];
    const added = await run(process.execPath, add, {}, 'a secret of ada lovelace\n');
    expect(added).toContain('added ada');
    expect(added).not.toContain('Warning');
    const args = [program, 'serve', '--config', join(folder, 'sallyport.yaml')];
    const serving = startProcess({ command: process.execPath, args });
    await expect.poll(() => serving.output(), { timeout: 40_000 }).toContain('"workers":2,"msg":"ready"');
    expect(await serving.stop(), serving.output()).toBe(0);
  });
});
