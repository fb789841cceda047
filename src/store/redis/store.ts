import type { RedisStoreConfig } from '../../config/config.ts';
import type { Store } from '../store.ts';
import { RedisAccounts } from './accounts.ts';
import { Connection } from './connection.ts';
import { RedisEpochs } from './epochs.ts';
import type { Place } from './failure.ts';
import { UnfitError } from './failure.ts';
import { RedisFeed } from './feed.ts';
import { BARRIER_KEY } from './layout.ts';
import { optionsFor, placeOf } from './options.ts';
import { connectorTo } from './primary-connector.ts';
import { RedisRevocations } from './revocations.ts';
import { Sentinels } from './sentinels.ts';
import type { ServerInfo } from './server-info.ts';
import { RedisSigningKeys } from './signing-keys.ts';
import { RedisTokens } from './tokens.ts';
import { Writes } from './writes.ts';

const OPEN_MS = 10_000;
const WRITE_MS = 5_000;
/** After which silence a connection that owes an answer to a read is made again, at least. */
const READ_SILENCE_MS = 1_000;
/** The same for the feed, whose beats tell before. */
const FEED_SILENCE_MS = 10_000;

/** Time limits, in milliseconds. */
export interface RedisTimeouts {
  /** Longest wait for the answer to a read that a decision may wait for. */
  readonly storeMs: number;
  /** Longest wait for the answer to anything else; 5 seconds by default. */
  readonly writeMs?: number;
  /** How long to try to connect at the opening; 10 seconds by default. */
  readonly openMs?: number;
}

/**
 * Opens the store in a Redis (6.2 or later) that several machines may share. Reads and writes go to the primary, which
 * Sentinels may name, on a connection each: what a decision waits for does not stand behind a write that takes its
 * time. The feed has two more, once it is followed, and is made again for ever: without it the store is only slower.
 * Rejects with `StoreError`, saying what to do, where Redis can't be reached for ten seconds or is not fit to hold the
 * truth.
 */
export async function openRedisStore(config: RedisStoreConfig, timeouts: RedisTimeouts): Promise<Store> {
  const { storeMs, writeMs = WRITE_MS, openMs = OPEN_MS } = timeouts;
  const sentinels = config.sentinel && new Sentinels(placeOf(config).name, config.host, config.sentinel);
  const place = placeOf(config, () => sentinels?.primary);
  const options = (silenceMs: number) => optionsFor(config, silenceMs, sentinels && connectorTo(sentinels));
  const inspect = (info: ServerInfo): void => {
    if (!config.allowEviction) refuseEviction(place, info);
  };
  const connection = (answerMs: number, silenceMs: number) =>
    new Connection({ place, options: options(silenceMs), answerMs, inspect });
  const reads = connection(storeMs, Math.max(READ_SILENCE_MS, 2 * storeMs));
  const writes = connection(writeMs, writeMs);
  const feed = new RedisFeed({ place, options: options(FEED_SILENCE_MS), reads });
  sentinels?.follow(() => {
    for (const part of [reads, writes, feed]) part.moved();
  });
  const close = async () => {
    await Promise.all([reads.close(), writes.close()]);
    await sentinels?.close();
  };
  let info: ServerInfo;
  try {
    [info] = await Promise.all([reads.open(openMs), writes.open(openMs)]);
  } catch (error) {
    await close();
    throw error;
  }
  const { minReplicas } = config;
  const confirmed = new Writes({ place, connection: writes, minReplicas, barrierKey: BARRIER_KEY });
  return { ...assemble(reads, confirmed, feed, close), ...warnOfReplicas(place, info, minReplicas) };
}

function assemble(reads: Connection, writes: Writes, feed: RedisFeed, closeBoth: () => Promise<void>): Store {
  const epochs = new RedisEpochs(writes);
  let closed: Promise<void> | undefined;
  /** What was accepted before is finished, and told. */
  const closeInOrder = async (): Promise<void> => {
    await closeBoth();
    await feed.end();
  };
  return {
    revocations: new RedisRevocations(reads, writes, feed, epochs),
    epochs,
    feed,
    accounts: new RedisAccounts(reads, writes, feed),
    tokens: new RedisTokens(reads, writes),
    signingKeys: new RedisSigningKeys(writes),
    close: () => (closed ??= closeInOrder()),
  };
}

/** A key that Redis drops to make room is a revocation that nobody took back. */
function refuseEviction({ name }: Place, { evictionPolicy = 'unknown' }: ServerInfo): void {
  if (evictionPolicy === 'noeviction') return;
  throw new UnfitError(
    `Redis store "${name}": may drop revocations when its memory is full (maxmemory-policy is ${evictionPolicy}); ` +
      'set maxmemory-policy noeviction there, or accept it with allowEviction: true in the store',
  );
}

function warnOfReplicas({ name }: Place, { replicas }: ServerInfo, minReplicas: number): Pick<Store, 'warning'> {
  if (replicas >= minReplicas) return {};
  const warning =
    `Redis store "${name}": has ${replicas} replicas and minReplicas is ${minReplicas}: ` +
    'every write will fail; start more replicas, or lower minReplicas';
  return { warning };
}
