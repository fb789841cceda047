import { expect, onTestFinished } from 'vitest';
import { slotOf } from '../../../src/redis/cluster/slot.ts';
import type { Store } from '../../../src/store/store.ts';
import { RecordingListener } from '../store/recording-listener.ts';
import { readValues } from '../store/revocations.ts';
import type { ClusterServer, RedisCluster } from './cluster.ts';
import { startRedisCluster } from './cluster.ts';
import { clusterConfig, openRedisForTest } from './config.ts';

const STORE_MS = 300;

/** A store in a cluster, with a listener on its feed. */
export interface ClusterFixture {
  readonly cluster: RedisCluster;
  readonly store: Store;
  readonly listener: RecordingListener;
}

/** Starts a cluster and opens a store in it whose feed is up to date. */
export async function followCluster(): Promise<ClusterFixture> {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.close());
  const store = await openRedisForTest(clusterConfig(cluster), { storeMs: STORE_MS });
  const listener = new RecordingListener();
  store.feed.follow(listener);
  await heard(listener);
  return { cluster, store, listener };
}

/** Resolves once the listener has received everything that was acknowledged before now. */
export async function heard(listener: RecordingListener): Promise<void> {
  const moment = performance.now();
  await expect.poll(() => listener.heardUpToMs, { timeout: 30_000, interval: 10 }).toBeGreaterThanOrEqual(moment);
}

/** Returns a key of the revocation set that the first, second or third primary serves at the start. */
export function keyAt(third: number, name = ''): string {
  for (let number = 0; ; number++) {
    const key = `sallyport:revoked:own:${name}${number}`;
    if (Math.floor((slotOf(key) * 3) / 16_384) === third) return key;
  }
}

export function node({ cluster }: ClusterFixture, index: number): ClusterServer {
  const found = cluster.nodes[index];
  if (found === undefined) throw new Error(`no node ${index}`);
  return found;
}

/** Returns the value that is read, or the error as text. */
export function read({ store }: ClusterFixture, key: string): Promise<unknown> {
  return readValues(store, [key]).then(([value]) => value, String);
}
