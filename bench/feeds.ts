import { loadavg } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openRedisStore } from '../src/store/redis/store.ts';
import type { Store } from '../src/store/store.ts';
import type { RedisServer } from '../test/support/redis/server.ts';
import { startRedis } from '../test/support/redis/server.ts';
import { findRedisServer } from '../tools/redis.ts';
import { Observed } from './parts/observed.ts';
import { readRedis } from './parts/redis-figures.ts';
import type { FeedListener } from './parts/simulated-feed.ts';
import { SimulatedFeed } from './parts/simulated-feed.ts';
import { kilo, percent, printRow, spread } from './parts/table.ts';

/**
 * Measures what the feeds of many instances cost one Redis, and how quickly they report. The instances are simulated by
 * bare sockets in this process, which may be the bottleneck: the table has its share of a core.
 */
const MAX_STALENESS_MS = 1_000;
/** How many of the feeds have their reports read and timed. */
const SAMPLES = 20;
const OPENED_AT_ONCE = 50;
const SETTLE_MS = 2_000;
/** How long to wait for pending reports, in milliseconds. */
const LATE_MS = 10_000;
const HOUR_SECONDS = 3_600;

interface World {
  readonly redis: RedisServer;
  readonly store: Store;
  /** The observations of the present run. */
  observed: Observed;
}

const { values } = parseArgs({
  options: {
    feeds: { type: 'string', default: '10,100,1000' },
    rates: { type: 'string', default: '0,1,100,1000' },
    seconds: { type: 'string', default: '5' },
  },
});
const seconds = Number(values.seconds);
const { version } = await findRedisServer();
process.stdout.write(
  `Redis ${version}, maxStaleness ${MAX_STALENESS_MS} ms, ${seconds} s each, times in ms; the feeds are simulated\n`,
);
for (const feeds of numbers(values.feeds)) await measureFeeds(feeds);

/** Measures a number of feeds on a Redis of their own, at each rate of revocations in turn. */
async function measureFeeds(count: number): Promise<void> {
  const redis = await startRedis();
  const none = { username: undefined, password: undefined, tls: undefined, sentinel: undefined, cluster: undefined };
  const config = {
    kind: 'redis',
    host: '127.0.0.1',
    port: redis.port,
    database: 0,
    ...none,
    minReplicas: 0,
    allowEviction: false,
  } as const;
  const store = await openRedisStore(config, { storeMs: 5_000, writeMs: 30_000 });
  const world: World = { redis, store, observed: new Observed() };
  const listener: FeedListener = {
    beat: (roundTripMs, staleMs) => world.observed.beat(roundTripMs, staleMs),
    reported: (text) => world.observed.reported(text),
    closed: () => world.observed.closed(),
  };
  const { memoryBytes } = await readRedis(redis.client);
  const feeds = Array.from(
    { length: count },
    (_, index) => new SimulatedFeed(redis.port, MAX_STALENESS_MS, index < SAMPLES, listener),
  );
  try {
    for (let first = 0; first < count; first += OPENED_AT_ONCE) {
      await Promise.all(feeds.slice(first, first + OPENED_AT_ONCE).map((feed) => feed.open()));
    }
    await wait(SETTLE_MS);
    const memoryPerFeed = ((await readRedis(redis.client)).memoryBytes - memoryBytes) / count;
    for (const rate of numbers(values.rates)) {
      printRow({
        feeds: String(count),
        'revoked/s': String(rate),
        ...(await measureRate(world, count, rate)),
        'kB/feed': kilo(memoryPerFeed),
      });
    }
  } finally {
    for (const feed of feeds) feed.close();
    await store.close();
    await redis.close();
  }
}

async function measureRate(world: World, count: number, rate: number): Promise<Readonly<Record<string, string>>> {
  const { redis, store } = world;
  const observed = new Observed();
  world.observed = observed;
  const before = await readRedis(redis.client);
  const ownBefore = process.cpuUsage();
  await revokeAt(rate, () => observed.revoke((key) => store.revocations.write(entryAt(key))));
  const after = await readRedis(redis.client);
  const own = process.cpuUsage(ownBefore);
  const passedMs = after.atMs - before.atMs;
  const expected = observed.revoked * Math.min(SAMPLES, count);
  const limitMs = performance.now() + LATE_MS;
  while (observed.heard.count < expected && performance.now() < limitMs) await wait(50);
  const perSecond = (figure: 'outputBytes' | 'diskBytes') => ((after[figure] - before[figure]) * 1_000) / passedMs;
  return {
    'Redis CPU': percent((after.cpuMs - before.cpuMs) / passedMs),
    'own CPU': percent((own.user + own.system) / 1_000 / passedMs),
    load: (loadavg()[0] ?? 0).toFixed(1),
    'out MB/s': (perSecond('outputBytes') / 1e6).toFixed(2),
    'AOF kB/s': kilo(perSecond('diskBytes')),
    ...spread('heard', observed.heard),
    ...spread('beat', observed.beats),
    stale: percent(observed.staleMs / passedMs / count),
    unheard: String(expected - observed.heard.count),
    closed: String(observed.closings),
  };
}

/** Revokes `rate` times a second, evenly; resolves after the configured time, once all are acknowledged. */
async function revokeAt(rate: number, revoke: () => Promise<void>): Promise<void> {
  const beganMs = performance.now();
  const acknowledged: Promise<void>[] = [];
  for (let passedMs = 0; passedMs < seconds * 1_000; passedMs = performance.now() - beganMs) {
    while (acknowledged.length < (passedMs / 1_000) * rate) acknowledged.push(revoke());
    await wait(1);
  }
  await Promise.all(acknowledged);
}

function entryAt(key: string) {
  const now = Date.now() / 1_000;
  return {
    key,
    value: JSON.stringify({ at: now, by: 'bench', reason: 'bench' }),
    expiresAtSeconds: now + HOUR_SECONDS,
  };
}

function numbers(list: string): number[] {
  return list.split(',').map(Number);
}
