import type { RedisStoreConfig } from '../../config/config.ts';
import { accessOf } from '../../redis/access-check.ts';
import { BatchedReads } from '../../redis/batched-reads.ts';
import { openClusterStore } from '../../redis/cluster/servers.ts';
import { ConfirmedWrites } from '../../redis/confirmed-writes.ts';
import { Connection } from '../../redis/connection.ts';
import { UnfitError } from '../../redis/failure.ts';
import { refuseEviction, warnOfReplicas } from '../../redis/fitness.ts';
import { optionsFor, placeOf } from '../../redis/options.ts';
import { scanOf } from '../../redis/scan.ts';
import { connectorTo } from '../../redis/sentinel/primary-connector.ts';
import { Sentinels } from '../../redis/sentinel/sentinels.ts';
import type { ServerInfo } from '../../redis/server-info.ts';
import type { RedisTimeouts } from '../../redis/timeouts.ts';
import { FEED_SILENCE_MS, timeoutsOf } from '../../redis/timeouts.ts';
import type { SessionListener } from '../../redis/tracking-session.ts';
import { TrackingSession } from '../../redis/tracking-session.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import type { Store } from '../store.ts';
import { RedisAccounts } from './accounts.ts';
import { assemble } from './assemble.ts';
import { RedisEpochs } from './epochs.ts';
import { RedisFeed } from './feed.ts';
import { BARRIER_KEY } from './layout.ts';
import type { LayoutTerms } from './layout-version.ts';
import { checkLayoutVersion } from './layout-version.ts';
import { RedisRevocations } from './revocations.ts';

/**
 * Opens the store in a Redis (6.2 or later) that several machines may share. Reads and writes go to the primary, which
 * Sentinels may name, on a connection each: what a decision waits for does not stand behind a write that takes its
 * time. The feed has two more, once it is followed, and is made again for ever: without it the store is only slower.
 * In a cluster, each primary has these four. Rejects with `StoreError`, saying what to do, where Redis can't be reached
 * for ten seconds or is not fit to hold the truth.
 */
export async function openRedisStore(
  config: RedisStoreConfig,
  timeouts: RedisTimeouts,
  terms: LayoutTerms = { begins: true },
): Promise<Store> {
  const limits = timeoutsOf(timeouts);
  /** With the credentials as they are by now. */
  let current = config;
  if (config.cluster !== undefined) return await openClusterStore(config, config.cluster, limits, terms);
  const sentinels = config.sentinel && new Sentinels(placeOf(() => config).name, config.host, config.sentinel);
  const place = placeOf(
    () => current,
    () => sentinels?.primary,
  );
  const options = (silenceMs: number) => optionsFor(current, silenceMs, sentinels && connectorTo(sentinels));
  const inspect = (info: ServerInfo): void => {
    if (info.isClusterNode) {
      throw new UnfitError(`Redis store "${place.name}": is a node of a cluster; set cluster: true in the store`);
    }
    if (!config.allowEviction) refuseEviction(place, info);
  };
  const connection = (answerMs: number, silenceMs: number) =>
    new Connection({ place, options: options(silenceMs), answerMs, inspect });
  const reads = connection(limits.storeMs, limits.readSilenceMs);
  const writes = connection(limits.writeMs, limits.writeMs);
  const session = (listener: SessionListener) => new TrackingSession(options(FEED_SILENCE_MS), listener);
  const feed = new RedisFeed({ place, session, reads });
  sentinels?.follow(() => {
    for (const part of [reads, writes, feed]) part.moved();
  });
  const close = async () => {
    await Promise.all([reads.close(), writes.close()]);
    await sentinels?.close();
  };
  const { minReplicas } = config;
  const confirmed = new ConfirmedWrites({ place, connection: writes, minReplicas, barrierKey: () => BARRIER_KEY });
  const epochs = new RedisEpochs(confirmed, [EPOCH_PREFIX]);
  let info: ServerInfo;
  try {
    [info] = await Promise.all([reads.open(limits.openMs), writes.open(limits.openMs)]);
    await checkLayoutVersion(writes, place, epochs, terms);
  } catch (error) {
    await close();
    throw error;
  }
  const batches = new BatchedReads(reads, () => [EPOCH_PREFIX]);
  const revocations = new RedisRevocations(batches, confirmed, feed);
  const accounts = new RedisAccounts(reads, confirmed, feed);
  const scan = scanOf(confirmed);
  const store = assemble({ reads, writes: confirmed, revocations, epochs, accounts, feed, scan, close });
  const access = accessOf(config, {
    check: (next) => reads.checkAccess(next),
    change: async (next) => {
      current = next;
      if (next.sentinel !== undefined) sentinels?.reconfigure(next.sentinel);
      await Promise.all([reads.reconfigure(next), writes.reconfigure(next)]);
    },
  });
  return { ...store, ...access, ...warnOfReplicas(place, info, minReplicas) };
}
