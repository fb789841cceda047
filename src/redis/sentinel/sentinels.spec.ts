import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  documentedUsers,
  openRedisForTest,
  redisForTest,
  secretOf,
  sentinelConfig,
} from '../../../test/support/redis/config.ts';
import type { SentinelGroup, SentinelGroupOptions, SentinelServer } from '../../../test/support/redis/sentinel.ts';
import { connectedClientOf, startSentinel, startSentinelGroup } from '../../../test/support/redis/sentinel.ts';
import type { RedisServer } from '../../../test/support/redis/server.ts';
import { startRedis } from '../../../test/support/redis/server.ts';
import { startProxy } from '../../../test/support/redis/tcp-proxy.ts';
import { RecordingListener } from '../../../test/support/store/recording-listener.ts';
import { readValues } from '../../../test/support/store/revocations.ts';
import { StoreError } from '../../core/ports.ts';
import { openRedisStore } from '../../store/redis/store.ts';
import type { Store } from '../../store/store.ts';

const PATIENT = { timeout: 20_000 };
const QUICK = { storeMs: 500, openMs: 1_500 };
const PASSWORD = 'correct-horse-battery';

async function groupForTest(options?: SentinelGroupOptions): Promise<SentinelGroup> {
  const group = await startSentinelGroup(options);
  onTestFinished(() => group.close());
  return group;
}

async function sentinelForTest(
  primary: RedisServer,
  settings: Readonly<Record<string, string>> = {},
): Promise<SentinelServer> {
  const sentinel = await startSentinel(primary.port, settings);
  onTestFinished(() => sentinel.close());
  return sentinel;
}

async function openAndFollow(
  group: SentinelGroup,
  minReplicas = 1,
): Promise<{ store: Store; listener: RecordingListener }> {
  const store = await openRedisForTest(sentinelConfig(group, { minReplicas }));
  const listener = new RecordingListener();
  store.feed.follow(listener);
  await expect.poll(() => listener.heardUpToMs, PATIENT).toBeGreaterThan(0);
  return { store, listener };
}

function keyOf(id: string): string {
  return `sallyport:revoked:own:${id}`;
}

function revoke(store: Store, id: string): Promise<void> {
  return store.revocations.write({ key: keyOf(id), value: '{}', expiresAtSeconds: 4_000_000_000 });
}

async function isRevoked(store: Store, id: string): Promise<boolean> {
  const [value] = await readValues(store, [keyOf(id)]);
  return value !== undefined;
}

/** Revokes until it is told to stop, and notes what was acknowledged. */
function startWriting(store: Store): { stop(): Promise<string[]> } {
  let goesOn = true;
  const acknowledged: string[] = [];
  const lane = async (name: number): Promise<void> => {
    for (let count = 0; goesOn; count++) {
      const id = `${name}-${count}`;
      const error = await revoke(store, id).catch((reason: unknown) => reason);
      if (error === undefined) acknowledged.push(id);
      else expect(error).toBeInstanceOf(StoreError);
      await wait(5);
    }
  };
  const lanes = [1, 2, 3].map(lane);
  const stop = async (): Promise<string[]> => {
    goesOn = false;
    await Promise.all(lanes);
    return acknowledged;
  };
  return { stop };
}

/** What is written on the new primary, by whomever, is read and heard. */
async function expectToLeadTo(primary: RedisServer, { store, listener }: Awaited<ReturnType<typeof openAndFollow>>) {
  const id = `by-hand-${Math.random()}`;
  const client = await connectedClientOf(primary);
  await client.set(keyOf(id), '');
  await expect.poll(() => isRevoked(store, id).catch(() => undefined), PATIENT).toBe(true);
  await expect
    .poll(async () => {
      await client.set(keyOf(id), '');
      return listener.keys;
    }, PATIENT)
    .toContain(keyOf(id));
  await expect
    .poll(
      () =>
        revoke(store, id)
          .then(() => true)
          .catch(() => false),
      PATIENT,
    )
    .toBe(true);
}

describe('a store with Sentinels', () => {
  it.each([
    ['the primary is killed', 1, (primary: RedisServer) => primary.kill9()],
    ['the primary hangs', 1, async (primary: RedisServer) => primary.freeze()],
    // A replica that was not promoted confirms writes of the old primary until it learns of the failover.
    [
      'a failover is requested',
      2,
      async (_primary: RedisServer, group: SentinelGroup) => void (await group.failover()),
    ],
  ])(
    'keeps acknowledged writes and follows the failover when %s',
    { timeout: 60_000 },
    async (_what, minReplicas, strike) => {
      const group = await groupForTest();
      const opened = await openAndFollow(group, minReplicas);
      const old = await group.primary();
      const writing = startWriting(opened.store);
      await wait(300);
      await strike(old, group);
      const primary = await group.untilMoved(old);
      await expectToLeadTo(primary, opened);
      await wait(300);
      const acknowledged = await writing.stop();
      expect(acknowledged.length).toBeGreaterThan(20);
      const values = await (await connectedClientOf(primary)).mget(acknowledged.map(keyOf));
      expect(acknowledged.filter((_id, index) => values[index] === null)).toEqual([]);
      expect(opened.listener.losses).toBeGreaterThan(1);
    },
  );

  it('leaves a former primary that still acts as primary', { timeout: 60_000 }, async () => {
    const group = await groupForTest();
    const opened = await openAndFollow(group);
    const old = await group.primary();
    const primary = await group.failover();
    await expectToLeadTo(primary, opened);
    // Sentinels make it a replica only some ten seconds later.
    expect(await old.client.info('replication')).toContain('role:master');
    await old.client.set(keyOf('late'), '');
    expect(await isRevoked(opened.store, 'late')).toBe(false);
    expect(opened.listener.keys).not.toContain(keyOf('late'));
  });

  it('follows a second failover', { timeout: 90_000 }, async () => {
    const group = await groupForTest();
    const opened = await openAndFollow(group);
    const first = await group.primary();
    await first.kill9();
    const second = await group.untilMoved(first);
    await expectToLeadTo(second, opened);
    const back = await startRedis({ after: first });
    onTestFinished(() => back.close());
    // As the primary that it was: its Sentinels make it a replica.
    const replication = async () => (await connectedClientOf(back)).info('replication').catch(String);
    await expect.poll(replication, { timeout: 30_000 }).toContain('role:slave');
    await second.kill9();
    await expectToLeadTo(await group.untilMoved(second), opened);
  });
});

describe('Sentinels', () => {
  it('can be down without affecting open connections', { timeout: 60_000 }, async () => {
    const group = await groupForTest();
    const { store, listener } = await openAndFollow(group);
    await Promise.all(group.sentinels.map((sentinel) => sentinel.kill9()));
    await wait(1_000);
    await revoke(store, 'a');
    expect(await isRevoked(store, 'a')).toBe(true);
    expect(listener.breaks).toEqual([]);
    // A connection that breaks is made again to where it was.
    const primary = group.servers[0];
    await primary.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expect.poll(() => isRevoked(store, 'a').catch(() => undefined), PATIENT).toBe(true);
  });

  it('can be queried while some of them are down or hang', { timeout: 60_000 }, async () => {
    const group = await groupForTest();
    const [dead, hung] = group.sentinels;
    await dead?.kill9();
    hung?.freeze();
    const { store } = await openAndFollow(group);
    await revoke(store, 'a');
    hung?.thaw();
  });

  it('outvote one that names a replica', async () => {
    const primary = await redisForTest();
    const replica = await redisForTest({ settings: { replicaof: `127.0.0.1 ${primary.port}` } });
    const liar = await sentinelForTest(replica);
    const name = 'sms-primary';
    const alone = openRedisStore(sentinelConfig({ name, sentinels: [liar] }), QUICK);
    await expect(alone).rejects.toThrow(`"redis://sms-primary/0 at 127.0.0.1:${replica.port}": is a replica`);
    const sentinels = [liar, await sentinelForTest(primary), await sentinelForTest(primary)];
    const store = await openRedisForTest(sentinelConfig({ name, sentinels }));
    await revoke(store, 'a');
    expect(await primary.client.get(keyOf('a'))).toBe('{}');
  });

  it('appear in the error if none of them names a primary', async () => {
    const primary = await redisForTest();
    const [known, gone] = [await sentinelForTest(primary), await sentinelForTest(primary)];
    await gone.kill9();
    const proxy = await startProxy(known.port);
    onTestFinished(() => proxy.close());
    proxy.swallow();
    const sentinels = [gone, proxy];
    const opening = openRedisStore(sentinelConfig({ name: 'other', sentinels }), { storeMs: 500, openMs: 4_000 });
    await expect(opening).rejects.toThrow(
      'Redis store "redis://other/0": no Sentinel names the primary: ' +
        `127.0.0.1:${gone.port} nothing listens there; start Redis, or correct the address; ` +
        `127.0.0.1:${proxy.port} accepted the connection but does not answer`,
    );
    const stranger = openRedisStore(sentinelConfig({ name: 'other', sentinels: [known] }), QUICK);
    await expect(stranger).rejects.toThrow('does not know its primary by that name; correct the HOST of the URL');
  });

  it('can require a password, which is never printed', { timeout: 60_000 }, async () => {
    const group = await groupForTest({ settings: { requirepass: PASSWORD } });
    const config = (password: string | undefined) => {
      const { sentinel, ...rest } = sentinelConfig(group);
      return {
        ...rest,
        sentinel: sentinel && { ...sentinel, password: password === undefined ? undefined : secretOf(password) },
      };
    };
    const store = await openRedisForTest(config(PASSWORD));
    await revoke(store, 'a');
    for (const password of ['hunter2-hunter2', undefined]) {
      const error: unknown = await openRedisStore(config(password), { storeMs: 500 }).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(StoreError);
      expect(String(error)).toContain(
        'refuses the user name or the password; correct username and password of sentinel',
      );
      expect(String(error)).not.toMatch(/hunter2|correct-horse/);
    }
  });

  it('accept a user with the permissions that docs/redis.md lists', async () => {
    const primary = await redisForTest();
    const { sentinel: user } = await documentedUsers(PASSWORD);
    const server = await sentinelForTest(primary, { user });
    const { sentinel, ...config } = sentinelConfig({ name: 'sms-primary', sentinels: [server] });
    const access = { username: 'sallyport', password: secretOf(PASSWORD) };
    await revoke(await openRedisForTest({ ...config, sentinel: sentinel && { ...sentinel, ...access } }), 'a');
  });

  it('lead to a server that starts later', async () => {
    const primary = await redisForTest();
    const sentinel = await sentinelForTest(primary);
    await primary.kill9();
    const opening = openRedisForTest(sentinelConfig({ name: 'sms-primary', sentinels: [sentinel] }));
    await wait(300);
    await redisForTest({ after: primary });
    await revoke(await opening, 'a');
  });
});
