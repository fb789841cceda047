import type { ClusterConfig, RedisStoreConfig } from '../../config/config.ts';
import { accessOf } from '../access-check.ts';
import { Connection } from '../connection.ts';
import type { ServerLabel } from '../failure.ts';
import { refuseEviction, replicaWarning } from '../fitness.ts';
import { optionsFor } from '../options.ts';
import type { RedisServers, ServersTerms } from '../redis-client.ts';
import type { ServerInfo } from '../server-info.ts';
import { parseServerInfo } from '../server-info.ts';
import { FEED_SILENCE_MS, timeoutsOf } from '../timeouts.ts';
import type { TrackingSource } from '../tracking.ts';
import { Cluster } from './cluster.ts';
import type { ClusterPrimary, Connect } from './cluster-primary.ts';
import { ClusterReads } from './cluster-reads.ts';
import { ClusterReader, ClusterWriter } from './cluster-router.ts';
import { PartKeys } from './part-keys.ts';
import { scanCluster } from './scan.ts';
import { ClusterTrackingSession } from './tracking-session.ts';

/** Opens every primary of a Redis Cluster, with the connections that `openSingleServer` has for one. */
export async function openClusterServers(
  config: RedisStoreConfig,
  { addresses }: ClusterConfig,
  { timeouts, data }: ServersTerms,
): Promise<RedisServers> {
  const { storeMs, writeMs, openMs, readSilenceMs } = timeoutsOf(timeouts);
  const connection = (node: RedisStoreConfig, place: ServerLabel, answerMs: number, silenceMs: number) => {
    const inspect = (info: ServerInfo): void => {
      if (!config.allowEviction) refuseEviction(place, info);
    };
    return new Connection({ place, options: optionsFor(node, silenceMs), answerMs, inspect, scripts: data.scripts });
  };
  const connect: Connect = {
    reads: (node, place) => connection(node, place, storeMs, readSilenceMs),
    writes: (node, place) => connection(node, place, writeMs, writeMs),
    barrier: data.barrier,
  };
  const cluster = new Cluster({ config, addresses: [config, ...addresses], connect });
  let warnings: readonly (string | undefined)[];
  try {
    warnings = await Promise.all((await cluster.open(openMs)).map((primary) => warningOf(primary, config)));
  } catch (error) {
    await cluster.close();
    throw error;
  }
  const partKeys = new PartKeys(data.witness);
  return {
    place: cluster.place,
    reader: new ClusterReader({ cluster, limitMs: storeMs }),
    writer: new ClusterWriter({ cluster, limitMs: writeMs }),
    strings: new ClusterReads({ cluster, limitMs: storeMs }, partKeys),
    witnessKeys: partKeys.all,
    isOneServer: false,
    scan: scanCluster({ cluster, limitMs: writeMs }),
    tracking: trackingOf(cluster, data.trackedPrefixes),
    warning: warnings.find((warning) => warning !== undefined),
    ...accessOf(config, {
      check: (next) => cluster.checkAccess(next),
      change: (next) => cluster.reconfigure(next),
    }),
    close: () => cluster.close(),
  };
}

function trackingOf(cluster: Cluster, prefixes: readonly string[]): TrackingSource {
  return {
    open: (listener) =>
      new ClusterTrackingSession({
        cluster,
        prefixes,
        listener,
        optionsFor: (primary) => optionsFor(primary.config, FEED_SILENCE_MS),
      }),
    // Nothing is asked of a node that was replaced, whatever role it claims.
    suspect: () => cluster.recheck(),
    recheck: () => cluster.recheck(),
    onMoved: () => undefined,
  };
}

async function warningOf({ writes, place }: ClusterPrimary, config: RedisStoreConfig): Promise<string | undefined> {
  const info = parseServerInfo(String(await writes.ask(['info'])));
  return replicaWarning(place, info, config.minReplicas);
}
