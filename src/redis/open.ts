import type { RedisStoreConfig } from '../config/config.ts';
import { openClusterServers } from './cluster/servers.ts';
import type { RedisServers, ServersTerms } from './redis-client.ts';
import { openSentinelServers } from './sentinel/servers.ts';
import { openSingleServer } from './single.ts';

/** Opens the servers of a configuration, whatever their topology. Rejects with `StoreError`, everything closed again. */
export async function openRedisServers(config: RedisStoreConfig, terms: ServersTerms): Promise<RedisServers> {
  if (config.cluster !== undefined) return await openClusterServers(config, config.cluster, terms);
  if (config.sentinel !== undefined) return await openSentinelServers(config, config.sentinel, terms);
  return await openSingleServer(config, terms);
}
