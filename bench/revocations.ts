import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Redis } from 'ioredis';
import type { RedisServer } from '../test/support/redis/server.ts';
import { startRedis } from '../test/support/redis/server.ts';
import type { InstanceFigures } from './parts/instance.ts';
import { measureInstance } from './parts/instance.ts';
import { readRedis } from './parts/redis-figures.ts';
import { benchKey, fillRedis, fillSqlite } from './parts/revocation-fill.ts';
import { Spread } from './parts/spread.ts';
import { megabytes, printRow, spread } from './parts/table.ts';

/** Measures what a large revocation set costs its store, and what an instance notices of it. */
const READS = 2_000;
const { values } = parseArgs({ options: { count: { type: 'string', default: '1000000' } } });
const count = Number(values.count);

await measureRedis();
await measureSqlite();

async function measureRedis(): Promise<void> {
  let redis = await startRedis();
  try {
    const url = `redis://127.0.0.1:${redis.port}`;
    print('Redis', 0, await measureInstance(url));
    const before = await readRedis(redis.client);
    await fillRedis(redis.client, count);
    const { memoryBytes } = await readRedis(redis.client);
    printLine(
      `memory: ${megabytes(memoryBytes - before.memoryBytes)} MB, ${per(memoryBytes - before.memoryBytes)} bytes each`,
    );
    print('Redis', count, await measureInstance(url));
    printLine(`GET of an existing entry, round trip: ${await timeGets(redis.client)}`);
    redis = await measureRestart(redis, 'as written');
    await redis.client.bgrewriteaof();
    await untilInfo(redis.client, 'aof_rewrite_in_progress:0');
    redis = await measureRestart(redis, 'rewritten');
  } finally {
    await redis.close();
  }
}

async function measureSqlite(): Promise<void> {
  const empty = await measureInstance('sqlite:./sallyport.db');
  print('SQLite', 0, empty);
  const path = join(empty.sallyport.folder, 'sallyport.db');
  fillSqlite(path, count);
  const { size } = await stat(path);
  printLine(`file: ${megabytes(size)} MB, ${per(size)} bytes each`);
  const full = await measureInstance('sqlite:./sallyport.db', empty.sallyport);
  print('SQLite', count, full);
  await full.sallyport.close();
}

/** Kills Redis and starts it again on its data on disk. */
async function measureRestart(redis: RedisServer, state: string): Promise<RedisServer> {
  const { diskBytes } = await readRedis(redis.client);
  await redis.kill9();
  const beganMs = performance.now();
  const next = await startRedis({ after: redis });
  await untilInfo(next.client, 'loading:0');
  const seconds = (performance.now() - beganMs) / 1_000;
  const cpuSeconds = (await readRedis(next.client)).cpuMs / 1_000;
  const took = `${seconds.toFixed(1)} s, of which ${cpuSeconds.toFixed(1)} s on a core`;
  printLine(`start from an AOF of ${megabytes(diskBytes)} MB, ${state}: ${took}`);
  return next;
}

async function untilInfo(client: Redis, line: string): Promise<void> {
  while (!(await client.info()).includes(line)) await wait(20);
}

async function timeGets(client: Redis): Promise<string> {
  const figures = new Spread();
  for (let read = 0; read < READS; read++) {
    const key = benchKey(Math.floor(Math.random() * count));
    const sentAtMs = performance.now();
    if ((await client.get(key)) === null) throw new Error(`${key} does not exist`);
    figures.add(performance.now() - sentAtMs);
  }
  return `p50 ${figures.at(0.5).toFixed(2)} ms, p99 ${figures.at(0.99).toFixed(2)} ms`;
}

function print(store: string, revocations: number, figures: InstanceFigures): void {
  printRow({
    store,
    revocations: String(revocations),
    'start ms': figures.startMs.toFixed(0),
    ...spread('new', figures.newTokens),
    ...spread('known', figures.knownTokens),
    'RSS MB': megabytes(figures.residentBytes),
  });
}

function per(bytes: number): string {
  return (bytes / count).toFixed(0);
}

function printLine(text: string): void {
  process.stdout.write(`  ${text}\n`);
}
