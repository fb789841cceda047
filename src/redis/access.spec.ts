import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Certificate, certify, hasOpenssl } from '../../test/support/certificates.ts';
import { startRedisCluster } from '../../test/support/redis/cluster.ts';
import {
  clusterConfig,
  documentedUsers,
  openRedisForTest,
  redisConfig,
  redisForTest,
  secretOf,
  sentinelConfig,
} from '../../test/support/redis/config.ts';
import { startSentinelGroup } from '../../test/support/redis/sentinel.ts';
import { startRedis } from '../../test/support/redis/server.ts';
import type { Store } from '../store/store.ts';

const POLL = { timeout: 30_000 };
const OLD = 'the-old-password-of-Redis';
const NEW = 'the-new-password-of-Redis';

/** Ends every other connection, as a restart of the server does. */
async function endConnections(client: Redis): Promise<void> {
  await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}

function answers(store: Store): Promise<unknown> {
  return store.accounts.list().catch(String);
}

describe('checkAccess()', () => {
  it('rejects credentials that the server refuses, and does not change open connections', async () => {
    const { port, client } = await redisForTest({ settings: { requirepass: OLD } });
    const store = await openRedisForTest(redisConfig(port, { password: secretOf(OLD) }));
    const ids = async () => String(await client.call('CLIENT', 'LIST')).match(/\bid=\d+/g);
    const before = await ids();
    await expect(store.checkAccess?.(redisConfig(port, { password: secretOf(NEW) }))).rejects.toThrow(
      'refuses the user name or the password',
    );
    await expect.poll(ids).toEqual(before);
    await endConnections(client);
    await expect.poll(() => answers(store), POLL).toEqual([]);
    await client.config('SET', 'requirepass', NEW);
    await store.checkAccess?.(redisConfig(port, { password: secretOf(NEW) }));
    await endConnections(client);
    await expect.poll(() => answers(store), POLL).toContain('refuses the user name or the password');
  });

  it('rejects a user who may not inspect the server', async () => {
    const { port, client } = await redisForTest({ settings: { requirepass: OLD } });
    await client.call('ACL', 'SETUSER', 'blind', 'on', `>${NEW}`, '+ping');
    const store = await openRedisForTest(redisConfig(port, { password: secretOf(OLD) }));
    const blind = redisConfig(port, { username: 'blind', password: secretOf(NEW) });
    await expect(store.checkAccess?.(blind)).rejects.toThrow('its user lacks a permission');
  });

  it('accepts credentials if the server cannot be reached or they are unchanged', async () => {
    const redis = await startRedis({ settings: { requirepass: OLD } });
    const store = await openRedisForTest(redisConfig(redis.port, { password: secretOf(OLD) }));
    await redis.client.config('SET', 'requirepass', NEW);
    await store.checkAccess?.(redisConfig(redis.port, { password: secretOf(OLD) }));
    await redis.kill9();
    await store.checkAccess?.(redisConfig(redis.port, { password: secretOf(NEW) }));
  });

  it('checks every primary of a cluster', async () => {
    const cluster = await startRedisCluster({ settings: { requirepass: OLD, masterauth: OLD } });
    onTestFinished(() => cluster.close());
    const store = await openRedisForTest(clusterConfig(cluster, { password: secretOf(OLD) }));
    const rotated = clusterConfig(cluster, { password: secretOf(NEW) });
    const [first, ...others] = cluster.nodes;
    for (const { server } of others) await server.client.config('SET', 'requirepass', NEW);
    await expect(store.checkAccess?.(rotated)).rejects.toThrow('refuses the user name or the password');
    await first?.server.client.config('SET', 'requirepass', NEW);
    await store.checkAccess?.(rotated);
  });
});

describe('an open store takes up rotated credentials', () => {
  it('on a single server', async () => {
    const { port, client } = await redisForTest({ settings: { requirepass: OLD } });
    const store = await openRedisForTest(redisConfig(port, { password: secretOf(OLD) }));
    await expect(store.reconfigure?.(redisConfig(port, { password: secretOf(NEW) }))).rejects.toThrow(
      'refuses the user name or the password',
    );
    expect(await answers(store)).toEqual([]);
    await client.config('SET', 'requirepass', NEW);
    await store.reconfigure?.(redisConfig(port, { password: secretOf(NEW) }));
    await endConnections(client);
    await expect.poll(() => answers(store), POLL).toEqual([]);
  });

  it('on a single server that already refuses the old ones', async () => {
    const { port, client } = await redisForTest({ settings: { requirepass: OLD } });
    const store = await openRedisForTest(redisConfig(port, { password: secretOf(OLD) }));
    await client.config('SET', 'requirepass', NEW);
    await endConnections(client);
    await expect.poll(() => answers(store), POLL).toContain('refuses the user name or the password');
    await store.reconfigure?.(redisConfig(port, { password: secretOf(NEW) }));
    await expect.poll(() => answers(store), POLL).toEqual([]);
  });

  it.skipIf(!hasOpenssl)('on a single server with TLS (needs the openssl command)', async () => {
    const { port } = await redisForTest();
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-redis-tls-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const own = certify(folder, 'redis');
    const [before, after] = [certify(folder, 'old'), certify(folder, 'new')];
    const opened = new Set<Socket>();
    const server = createServer({ ...own, ca: before.cert, requestCert: true, rejectUnauthorized: true }, (client) => {
      const redis = connect(port, '127.0.0.1');
      for (const socket of [client, redis]) opened.add(socket.on('error', () => {}));
      client.pipe(redis).pipe(client);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    const endAll = (): void => opened.forEach((socket) => socket.destroy());
    onTestFinished(endAll);
    await once(server, 'listening');
    const shown = ({ cert, key }: Certificate) => {
      // A TCP server that listens has an address of this form.
      const place = (server.address() as AddressInfo).port;
      return redisConfig(place, { tls: { ca: own.cert, cert, key: secretOf(key) } });
    };
    const store = await openRedisForTest(shown(before));
    server.setSecureContext({ ...own, ca: after.cert });
    endAll();
    await expect.poll(() => answers(store), POLL).toContain('Redis store');
    await store.reconfigure?.(shown(after));
    await expect.poll(() => answers(store), POLL).toEqual([]);
  });

  it('on Sentinels', async () => {
    const group = await startSentinelGroup({ settings: { requirepass: OLD } });
    onTestFinished(() => group.close());
    const config = sentinelConfig(group);
    const watched = (password: string) => ({
      ...config,
      sentinel: config.sentinel && { ...config.sentinel, password: secretOf(password) },
    });
    const store = await openRedisForTest(watched(OLD));
    for (const { client } of group.sentinels) {
      await client.call('ACL', 'SETUSER', 'default', 'resetpass', `>${NEW}`);
      await endConnections(client);
    }
    await store.reconfigure?.(watched(NEW));
    // Only a Sentinel tells where the primary is after that.
    const from = await group.primary();
    await group.failover();
    await from.kill9();
    await expect.poll(() => answers(store), POLL).toEqual([]);
  });

  it('in a cluster', async () => {
    const settings = { requirepass: OLD, masterauth: OLD };
    const cluster = await startRedisCluster({ settings });
    onTestFinished(() => cluster.close());
    const store = await openRedisForTest(clusterConfig(cluster, { password: secretOf(OLD) }));
    for (const { server } of cluster.nodes) {
      for (const name of ['masterauth', 'requirepass']) await server.client.config('SET', name, NEW);
    }
    await store.reconfigure?.(clusterConfig(cluster, { password: secretOf(NEW) }));
    for (const { server } of cluster.nodes) await endConnections(server.client);
    await expect.poll(() => answers(store), POLL).toEqual([]);
  });
});

it('TrackingSession reports the permissions that a user lacks', async () => {
  const { redis } = await documentedUsers(OLD);
  expect(redis).toContain(' +client|tracking');
  const settings = { user: redis.replace(' +client|tracking', '') };
  const { port } = await redisForTest({ settings });
  const store = await openRedisForTest(redisConfig(port, { username: 'sallyport', password: secretOf(OLD) }));
  const { promise, resolve } = Promise.withResolvers<Error>();
  store.feed.follow({
    maxStalenessMs: 1_000,
    changed: () => {},
    wrote: () => {},
    lost: () => {},
    heardUpTo: () => {},
    brokenOff: resolve,
  });
  expect((await promise).message).toContain(
    'grant the user +subscribe +client|id +client|tracking &__redis__:invalidate, see docs/redis.md',
  );
});
