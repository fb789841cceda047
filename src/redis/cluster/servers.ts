import type { ClusterConfig, RedisStoreConfig } from '../../config/config.ts';
import { AccountsAcrossServers } from '../../store/redis/accounts-across-servers.ts';
import { assemble } from '../../store/redis/assemble.ts';
import { RedisEpochs } from '../../store/redis/epochs.ts';
import { RedisFeed } from '../../store/redis/feed.ts';
import type { LayoutTerms } from '../../store/redis/layout-version.ts';
import { checkLayoutVersion } from '../../store/redis/layout-version.ts';
import { RedisRevocations } from '../../store/redis/revocations.ts';
import type { Store } from '../../store/store.ts';
import { accessOf } from '../access-check.ts';
import { Connection } from '../connection.ts';
import type { ServerLabel } from '../failure.ts';
import { refuseEviction, warnOfReplicas } from '../fitness.ts';
import { optionsFor } from '../options.ts';
import type { ServerInfo } from '../server-info.ts';
import { parseServerInfo } from '../server-info.ts';
import type { timeoutsOf } from '../timeouts.ts';
import { FEED_SILENCE_MS } from '../timeouts.ts';
import { Cluster } from './cluster.ts';
import type { ClusterPrimary, Connect } from './cluster-primary.ts';
import { ClusterReads } from './cluster-reads.ts';
import { ClusterReader, ClusterWriter } from './cluster-router.ts';
import { partKeys } from './part-keys.ts';
import { scanCluster } from './scan.ts';
import { ClusterTrackingSession } from './tracking-session.ts';

/** Opens the store in a Redis Cluster; as `openRedisStore` does in one server. */
export async function openClusterStore(
  config: RedisStoreConfig,
  { addresses }: ClusterConfig,
  { storeMs, writeMs, openMs, readSilenceMs }: ReturnType<typeof timeoutsOf>,
  terms: LayoutTerms,
): Promise<Store> {
  const connection = (node: RedisStoreConfig, place: ServerLabel, answerMs: number, silenceMs: number) => {
    const inspect = (info: ServerInfo): void => {
      if (!config.allowEviction) refuseEviction(place, info);
    };
    return new Connection({ place, options: optionsFor(node, silenceMs), answerMs, inspect });
  };
  const connect: Connect = {
    reads: (node, place) => connection(node, place, storeMs, readSilenceMs),
    writes: (node, place) => connection(node, place, writeMs, writeMs),
  };
  const cluster = new Cluster({ config, addresses: [config, ...addresses], connect });
  let warnings: readonly Pick<Store, 'warning'>[];
  try {
    warnings = await Promise.all((await cluster.open(openMs)).map((primary) => warnOf(primary, config)));
  } catch (error) {
    await cluster.close();
    throw error;
  }
  const feed = new RedisFeed({
    place: cluster.place,
    session: (listener) =>
      new ClusterTrackingSession({
        cluster,
        listener,
        optionsFor: (primary) => optionsFor(primary.config, FEED_SILENCE_MS),
      }),
    // A node that was replaced is not asked any more, whatever it takes itself for.
    reads: { doubt: () => cluster.recheck(), recheck: () => cluster.recheck() },
  });
  const [reads, writes] = [
    new ClusterReader({ cluster, limitMs: storeMs }),
    new ClusterWriter({ cluster, limitMs: writeMs }),
  ];
  const epochs = new RedisEpochs(writes, partKeys());
  await checkLayoutVersion(writes, cluster.place, epochs, terms).catch(async (error: unknown) => {
    await cluster.close();
    throw error;
  });
  const revocations = new RedisRevocations(new ClusterReads({ cluster, limitMs: storeMs }), writes, feed);
  const accounts = new AccountsAcrossServers(reads, writes, revocations);
  const scan = scanCluster({ cluster, limitMs: writeMs });
  const close = () => cluster.close();
  const store = assemble({ reads, writes, revocations, epochs, accounts, feed, scan, close });
  const access = accessOf(config, {
    check: (next) => cluster.checkAccess(next),
    change: (next) => cluster.reconfigure(next),
  });
  return { ...store, ...access, ...warnings.find(({ warning }) => warning !== undefined) };
}

async function warnOf({ writes, place }: ClusterPrimary, config: RedisStoreConfig): Promise<Pick<Store, 'warning'>> {
  const info = parseServerInfo(await writes.ask((client) => client.info()));
  return warnOfReplicas(place, info, config.minReplicas);
}
