import type { RedisStoreConfig, SentinelConfig } from '../../config/config.ts';
import { placeOf } from '../options.ts';
import type { RedisServers, ServersTerms } from '../redis-client.ts';
import { openSingleServer } from '../single.ts';
import { connectorTo } from './primary-connector.ts';
import { Sentinels } from './sentinels.ts';

/** Opens the primary that Sentinels name, and follows it when they name another one. As {@link openSingleServer}. */
export async function openSentinelServers(
  config: RedisStoreConfig,
  sentinel: SentinelConfig,
  terms: ServersTerms,
): Promise<RedisServers> {
  const sentinels = new Sentinels(placeOf(() => config).name, config.host, sentinel);
  return await openSingleServer(config, terms, {
    Connector: connectorTo(sentinels),
    get primary() {
      return sentinels.primary;
    },
    onMoved: (act) => sentinels.onMoved(act),
    reconfigure: (next) => {
      if (next.sentinel !== undefined) sentinels.reconfigure(next.sentinel);
    },
    close: () => sentinels.close(),
  });
}
