import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';

/** Returns the path of a file that does not exist yet, in a new directory that is removed when the test ends. */
export function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-store-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, 'store.db');
}

/** Opens a store that is closed when the test ends. */
export async function openForTest(path: string): Promise<Store> {
  const store = await openSqliteStore(path);
  onTestFinished(() => store.close());
  return store;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Starts a process that runs `script` as an ES module with `args`. It is killed when the test ends. */
export function startScript(script: string, ...args: string[]): Child {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return child;
}

/** Runs a script as {@link startScript} does, to its end. Rejects unless it exits with 0. */
export async function runScript(script: string, ...args: string[]): Promise<void> {
  const child = startScript(script, ...args);
  await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`the script ended with ${child.exitCode}: ${script}`);
}

/** Runs SQL in another process, like an operator. */
export async function runSql(path: string, sql: string): Promise<void> {
  const script = `
    import { DatabaseSync } from 'node:sqlite';
    new DatabaseSync(process.argv[1], { timeout: 5000 }).exec(process.argv[2]);
  `;
  await runScript(script, path, sql);
}
