import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** A program that runs on this machine. */
export interface Program {
  readonly path: string;
  /** Such as `1.40.0`. */
  readonly version: string;
  /** Where it was found, as text for people. */
  readonly origin: string;
}

/** How to recognise a program. */
export interface ProgramKind {
  /** The name of its file. */
  readonly name: string;
  /** The environment variable that names another file. */
  readonly variable: string;
  /** The arguments that make it print its version, to standard output or standard error. */
  readonly versionArgs: readonly string[];
  /** The first group matches the version, such as `1.40.0`. */
  readonly versionPattern: RegExp;
  /** The oldest major and minor version that was tried. An older one on the PATH is ignored. */
  readonly oldest: readonly [major: number, minor: number];
}

/** Servers are often installed where only root has them on the PATH. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin'];

/**
 * Finds a program that is installed: the one that its environment variable names, or one on the PATH or in a folder for
 * servers; `undefined` if there is none. Rejects if the variable names a file that does not run.
 */
export async function findProgram(kind: ProgramKind): Promise<Program | undefined> {
  const { name, variable } = kind;
  const named = process.env[variable];
  if (named !== undefined && named !== '') {
    const version = await versionOf(named, kind);
    if (version === undefined) throw new Error(`${variable}=${named} does not run: name another program or unset it`);
    return { path: named, version, origin: `environment variable ${variable}` };
  }
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), ...MORE_FOLDERS]) {
    const path = join(folder, name);
    const version = folder === '' ? undefined : await versionOf(path, kind);
    if (version !== undefined && isRecent(version, kind)) return { path, version, origin: 'PATH' };
  }
  return undefined;
}

/** Resolves to the version of a program; `undefined` if it is missing or does not run. */
export async function versionOf(
  path: string,
  { versionArgs, versionPattern }: Pick<ProgramKind, 'versionArgs' | 'versionPattern'>,
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(path, versionArgs);
    return versionPattern.exec(stdout + stderr)?.[1];
  } catch {
    return undefined;
  }
}

function isRecent(version: string, { oldest }: ProgramKind): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}
