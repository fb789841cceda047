import type { RedisStoreConfig } from '../../config/config.ts';
import { openRedisServers } from '../../redis/open.ts';
import type { RedisServers } from '../../redis/redis-client.ts';
import type { RedisTimeouts } from '../../redis/timeouts.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import type { Store } from '../store.ts';
import { RedisAccounts } from './accounts.ts';
import { AccountsAcrossServers } from './accounts-across-servers.ts';
import { RedisBasicUses } from './basic-uses.ts';
import { RedisContents } from './contents.ts';
import { RedisEpochs } from './epochs.ts';
import { RedisFeed } from './feed.ts';
import { RedisIdempotency } from './idempotency.ts';
import { BARRIER_KEY, TRACKED_PREFIXES } from './layout.ts';
import type { LayoutTerms } from './layout-version.ts';
import { checkLayoutVersion } from './layout-version.ts';
import { RedisLogInHistory } from './log-in-history.ts';
import { RedisRevocations } from './revocations.ts';
import { readScripts } from './scripts.ts';
import { RedisSigningKeys } from './signing-keys.ts';
import { RedisTokens } from './tokens.ts';
import { RedisUsedProofs } from './used-proofs.ts';

/**
 * Opens the store in a Redis (6.2 or later) that several machines may share: one server, the primary that Sentinels name,
 * or a cluster. While the feed is down, the store works but is slower. Rejects with `StoreError`, which says what to do, if
 * Redis cannot be reached for ten seconds or is not fit to hold the data.
 */
export async function openRedisStore(
  config: RedisStoreConfig,
  timeouts: RedisTimeouts,
  terms: LayoutTerms = { begins: true },
): Promise<Store> {
  const data = {
    trackedPrefixes: TRACKED_PREFIXES,
    witness: EPOCH_PREFIX,
    barrier: BARRIER_KEY,
    scripts: readScripts(),
  };
  const servers = await openRedisServers(config, { timeouts, data });
  const epochs = new RedisEpochs(servers.writer, servers.witnessKeys);
  try {
    await checkLayoutVersion(servers.writer, servers.place, epochs, terms);
  } catch (error) {
    await servers.close();
    throw error;
  }
  return buildStore(servers, epochs);
}

function buildStore(servers: RedisServers, epochs: RedisEpochs): Store {
  const { reader, writer, scan, warning } = servers;
  const feed = new RedisFeed(servers.place, servers.tracking);
  const revocations = new RedisRevocations(servers.strings, writer, feed);
  const accounts = servers.isOneServer
    ? new RedisAccounts(reader, writer, feed)
    : new AccountsAcrossServers(reader, writer, revocations);
  const tokens = new RedisTokens(reader, writer);
  const signingKeys = new RedisSigningKeys(writer);
  let closed: Promise<void> | undefined;
  /** Completes and reports the writes that were accepted. */
  const closeInOrder = async (): Promise<void> => {
    await tokens.finish();
    await servers.close();
    await feed.end();
  };
  return {
    revocations,
    epochs,
    feed,
    accounts,
    tokens,
    idempotency: new RedisIdempotency(writer),
    basicUses: new RedisBasicUses(writer),
    logInHistory: new RedisLogInHistory(reader),
    usedProofs: new RedisUsedProofs(reader),
    signingKeys,
    contents: new RedisContents({ accounts, signingKeys, tokens, revocations, scan }),
    checkAccess: (next) => servers.checkAccess(next),
    reconfigure: (next) => servers.reconfigure(next),
    close: () => (closed ??= closeInOrder()),
    ...(warning === undefined ? {} : { warning }),
  };
}
