import { Redis } from 'ioredis';
import type { RedisStoreConfig } from '../../config/config.ts';
import { fault } from '../failure.ts';
import { optionsFor } from '../options.ts';
import type { ClusterView } from './cluster-view.ts';
import { parseView } from './cluster-view.ts';

const ANSWER_MS = 1_000;

/** Asks a node of any role for its view of the cluster, on a connection of its own. Rejects with the cause of a failure. */
export async function probeNode(config: RedisStoreConfig): Promise<ClusterView> {
  const options = { ...optionsFor(config, ANSWER_MS), connectTimeout: ANSWER_MS, lazyConnect: true };
  const client = new Redis({ ...options, retryStrategy: () => null });
  const failed = Promise.withResolvers<never>();
  // The first error says most.
  client.on('error', failed.reject);
  const limit = setTimeout(() => failed.reject(fault('SILENT')), 2 * ANSWER_MS);
  try {
    const asked = client.connect().then(() => client.call('CLUSTER', 'NODES'));
    return parseView(String(await Promise.race([failed.promise, asked])), config);
  } catch (error) {
    throw error instanceof Error && error.message.includes('cluster support disabled') ? fault('NOCLUSTER') : error;
  } finally {
    clearTimeout(limit);
    client.disconnect();
  }
}
