import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.ts';

const execFileAsync = promisify(execFile);

const HINT = 'install Python 3 with pip (Debian: apt-get install python3 python3-pip) and run this again';

/**
 * A folder for `PYTHONPATH` that holds these packages, each as `name==version`, and what they need.
 * Filled once for each list and Python, under `.cache/`, from wheels only, so that no package's own code runs.
 */
export async function pythonPackages(packages: readonly string[]): Promise<string> {
  const python = await python3('-c', 'import sys; print(sys.implementation.cache_tag)');
  const list = packages.toSorted();
  const key = createHash('sha256')
    .update([python, ...list].join('\n'))
    .digest('hex')
    .slice(0, 16);
  return cachedFolder(`python-${key}`, async (folder) => {
    await pip('install', '--target', folder, '--only-binary', ':all:', ...list);
  });
}

/** Runs a pip command and returns what it printed. */
export async function pip(command: string, ...args: readonly string[]): Promise<string> {
  return python3('-m', 'pip', command, '--quiet', '--no-input', '--disable-pip-version-check', ...args);
}

/** Runs the system's Python and returns what it printed. Rejects with its last words where it fails. */
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
