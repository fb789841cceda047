import type { HostPort, RedisStoreConfig } from '../config/config.ts';
import { accessOf } from './access-check.ts';
import { BatchedReads } from './batched-reads.ts';
import { ConfirmedWrites } from './confirmed-writes.ts';
import { Connection } from './connection.ts';
import { UnfitError } from './failure.ts';
import { refuseEviction, replicaWarning } from './fitness.ts';
import type { ClientOptions } from './options.ts';
import { optionsFor, placeOf } from './options.ts';
import type { RedisServers, ServersTerms } from './redis-client.ts';
import { scanOf } from './scan.ts';
import type { ServerInfo } from './server-info.ts';
import { FEED_SILENCE_MS, timeoutsOf } from './timeouts.ts';
import { TrackingSession } from './tracking-session.ts';

/** Finds the primary where it has no fixed address. */
export interface PrimaryFinder {
  /** Opens connections to the primary. */
  readonly Connector: NonNullable<ClientOptions['Connector']>;
  /** Where the primary is, as far as that is known. */
  readonly primary: HostPort | undefined;
  onMoved(act: () => void): void;
  reconfigure(config: RedisStoreConfig): void;
  close(): Promise<void>;
}

/**
 * Opens one primary. Reads and writes have a connection each, so that no decision waits behind a slow write. Each
 * tracking session has two more. Rejects with `StoreError` where Redis cannot be reached within `timeouts.openMs` or is
 * not fit to hold the data.
 */
export async function openSingleServer(
  config: RedisStoreConfig,
  { timeouts, data }: ServersTerms,
  finder?: PrimaryFinder,
): Promise<RedisServers> {
  const limits = timeoutsOf(timeouts);
  /** With the newest credentials. */
  let current = config;
  const place = placeOf(
    () => current,
    () => finder?.primary,
  );
  const options = (silenceMs: number) => optionsFor(current, silenceMs, finder?.Connector);
  const inspect = (info: ServerInfo): void => {
    if (info.isClusterNode) {
      throw new UnfitError(`Redis store "${place.name}": is a node of a cluster; set cluster: true in the store`);
    }
    if (!config.allowEviction) refuseEviction(place, info);
  };
  const { scripts } = data;
  const connection = (answerMs: number, silenceMs: number) =>
    new Connection({ place, options: options(silenceMs), answerMs, inspect, scripts });
  const reads = connection(limits.storeMs, limits.readSilenceMs);
  const writes = connection(limits.writeMs, limits.writeMs);
  finder?.onMoved(() => {
    for (const part of [reads, writes]) part.moved();
  });
  const close = async () => {
    await Promise.all([reads.close(), writes.close()]);
    await finder?.close();
  };
  const info = await Promise.all([reads.open(limits.openMs), writes.open(limits.openMs)]).then(
    ([found]) => found,
    async (error: unknown) => {
      await close();
      throw error;
    },
  );
  const { minReplicas } = config;
  const writer = new ConfirmedWrites({ place, connection: writes, minReplicas, barrierKey: () => data.barrier });
  return {
    place,
    reader: reads,
    writer,
    strings: new BatchedReads(reads, () => [data.witness]),
    witnessKeys: [data.witness],
    isOneServer: true,
    scan: scanOf(writer),
    tracking: {
      open: (listener) => new TrackingSession(options(FEED_SILENCE_MS), data.trackedPrefixes, listener),
      suspect: (error) => reads.suspect(error),
      recheck: () => reads.recheck(),
      onMoved: (act) => finder?.onMoved(act),
    },
    warning: replicaWarning(place, info, minReplicas),
    ...accessOf(config, {
      check: (next) => reads.checkAccess(next),
      change: async (next) => {
        current = next;
        finder?.reconfigure(next);
        await Promise.all([reads.reconfigure(next), writes.reconfigure(next)]);
      },
    }),
    close,
  };
}
