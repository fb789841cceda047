import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cachedFolder } from '../../tools/cache.ts';
import { findProgram } from '../../tools/program.ts';

const STAND_INS = fileURLToPath(new URL('../stand-ins/', import.meta.url));

/** Builds the stand-in of grpc-go once; resolves to its file. Rejects if there is no Go. */
export async function goStandIn(): Promise<string> {
  const go = await toolchain('go', ['version'], /\bgo(\d+\.\d+(?:\.\d+)?)/, [1, 26]);
  return built('go', (folder) => run(go, ['build', '-trimpath', '-o', join(folder, 'look-up'), '.'], folder));
}

/** Builds the stand-in of tonic once, which takes a minute; resolves to its file. Rejects if there is no Rust. */
export async function tonicStandIn(): Promise<string> {
  const cargo = await toolchain('cargo', ['--version'], /\b(\d+\.\d+\.\d+)/, [1, 88]);
  return built('tonic', async (folder) => {
    await run(cargo, ['build', '--release', '--target-dir', 'target'], folder);
    await cp(join(folder, 'target/release/look-up'), join(folder, 'look-up'));
  });
}

async function toolchain(
  name: string,
  versionArgs: readonly string[],
  versionPattern: RegExp,
  oldest: readonly [number, number],
): Promise<string> {
  const found = await findProgram({ name, variable: name.toUpperCase(), versionArgs, versionPattern, oldest });
  if (found === undefined) throw new Error(`${name} ${oldest.join('.')} or later is not on the PATH`);
  return found.path;
}

async function built(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const source = join(STAND_INS, name);
  const files = (await readdir(source, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map(({ parentPath, name: file }) => readFile(join(parentPath, file), 'utf8')));
  const digest = createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16);
  const folder = await cachedFolder(`stand-in-${name}-${digest}`, async (draft) => {
    process.stderr.write(`Building the stand-in in ${name} once ...\n`);
    await cp(source, draft, { recursive: true });
    await build(draft);
  });
  return join(folder, 'look-up');
}

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)('nice', ['-n', '10', command, ...args], { cwd, maxBuffer: 10_000_000 });
}
