import type { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { openRedisForTest, redisConfig, redisForTest, replicaForTest } from '../../test/support/redis/config.ts';
import type { RedisServer } from '../../test/support/redis/server.ts';
import { RecordingListener } from '../../test/support/store/recording-listener.ts';
import { account as makeAccount } from '../../test/support/store/records.ts';
import { readValues } from '../../test/support/store/revocations.ts';
import { StoreError } from '../core/ports.ts';
import type { Store } from '../store/store.ts';
import { CommandSender } from './command-sender.ts';
import { ConfirmedWrites } from './confirmed-writes.ts';

const KEY = 'sallyport:revoked:own:token-1';
const TOO_FEW =
  'written, but 0 of the 1 replicas that minReplicas requires confirmed it within 1000 ms, so a failover may lose it; ' +
  'check the replicas, and write it again';

/** A primary with a replica that has all its data. */
async function pair(): Promise<{ readonly primary: RedisServer; readonly replica: RedisServer }> {
  const primary = await redisForTest();
  return { primary, replica: await replicaForTest(primary) };
}

function open({ port }: RedisServer, minReplicas = 1): Promise<Store> {
  return openRedisForTest(redisConfig(port, { minReplicas }));
}

function revoke(store: Store, key = KEY): Promise<void> {
  return store.revocations.write({ key, value: '{}', expiresAtSeconds: undefined });
}

/** The message of the error that it rejects with. */
async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof StoreError) return error.message;
  throw new Error('it did not reject with StoreError', { cause: error });
}

it('write() resolves once the replica has the write', async () => {
  const { primary, replica } = await pair();
  const store = await open(primary);
  for (let count = 0; count < 50; count++) {
    await revoke(store, `${KEY}-${count}`);
    expect(await replica.client.get(`${KEY}-${count}`)).toBe('{}');
  }
});

it('write() rejects but stays written if no replica confirms it; reads and the feed continue', async () => {
  const { primary, replica } = await pair();
  const store = await open(primary);
  const listener = new RecordingListener();
  store.feed.follow(listener);
  await expect.poll(() => listener.heardUpToMs).toBeGreaterThan(0);
  replica.freeze();
  try {
    const place = `Redis store "redis://127.0.0.1:${primary.port}/0": `;
    expect(await failure(revoke(store))).toBe(place + TOO_FEW);
    expect(await readValues(store, [KEY])).toEqual(['{}']);
    const sinceMs = performance.now();
    await expect.poll(() => listener.heardUpToMs).toBeGreaterThan(sinceMs);
    expect(listener).toMatchObject({ keys: [KEY], breaks: [] });
  } finally {
    replica.thaw();
  }
  await expect
    .poll(
      () =>
        revoke(store)
          .then(() => true)
          .catch(() => false),
      { timeout: 8_000 },
    )
    .toBe(true);
});

it('write() rejects for a repetition of an unconfirmed write, from any store', async () => {
  const { primary, replica } = await pair();
  const [store, other] = [await open(primary), await open(primary)];
  replica.freeze();
  try {
    for (const one of [store, store, other]) expect(await failure(revoke(one))).toContain(TOO_FEW);
  } finally {
    replica.thaw();
  }
});

it('write() waits for at most two confirmations among many concurrent writes', async () => {
  const { primary, replica } = await pair();
  const store = await open(primary);
  await revoke(store);
  replica.freeze();
  try {
    const keys = Array.from({ length: 100 }, (_, index) => `${KEY}-${index}`);
    for (const message of await Promise.all(keys.map((key) => failure(revoke(store, key))))) {
      expect(message).toContain(TOO_FEW);
    }
  } finally {
    replica.thaw();
  }
});

const LIFE = { signsFromSeconds: 1, longestTokenSeconds: 60 };

it('writes of every kind wait for the replica', async () => {
  const { primary, replica } = await pair();
  const [store, careless] = [await open(primary), await open(primary, 0)];
  const account = makeAccount('a', 'ada');
  const mark = { key: 'sallyport:notbefore:own:a', value: '5', expiresAtSeconds: undefined };
  const key = { kid: 'k', issuer: 'own', algorithm: 'EdDSA', sealed: 's', createdAtSeconds: 1, ...LIFE };
  const token = {
    id: 't',
    accountId: 'a',
    use: 'access',
    scopes: [],
    createdAtSeconds: 1,
    expiresAtSeconds: 2,
  } as const;
  replica.freeze();
  try {
    expect(await failure(store.accounts.add(account))).toContain(TOO_FEW);
    expect(await failure(store.tokens.add(token, 0))).toContain(TOO_FEW);
    expect(await failure(store.accounts.update('a', {}, { mark: mark.key }))).toContain(TOO_FEW);
    expect(await failure(store.accounts.remove('a', mark))).toContain(TOO_FEW);
    expect(await failure(store.signingKeys.replace('own', 0, [key]))).toContain(TOO_FEW);
    expect((await store.signingKeys.read('own')).keys).toEqual([key]);
    await revoke(careless);
  } finally {
    replica.thaw();
  }
});

it('write() rejects if its connection closes before the confirmation', async () => {
  const { primary, replica } = await pair();
  const store = await open(primary);
  replica.freeze();
  try {
    const message = failure(revoke(store));
    await expect.poll(() => primary.client.client('LIST')).toContain('cmd=wait');
    const [, id = ''] = /^id=(\d+) .*cmd=wait/m.exec(String(await primary.client.client('LIST'))) ?? [];
    await primary.client.client('KILL', 'ID', id);
    expect(await message).toContain('closed the connection');
  } finally {
    replica.thaw();
  }
});

it('write() accepts confirmations only from its own connection', async () => {
  let moves = false;
  const client = {
    call: async () => {
      if (moves) connection.life += 1;
      return 'done';
    },
    asking: async () => 'OK',
    pipeline: () => ({
      exec: async () => [
        [null, 'OK'],
        [null, 1],
      ],
    }),
  };
  // As much of a client as is asked for.
  const sender = new CommandSender(client as unknown as Redis, new Map());
  const connection = { life: 1, use: <T>(work: (sender: CommandSender) => Promise<T>) => work(sender) };
  const place = { name: 'r', password: undefined };
  const writes = new ConfirmedWrites({ place, connection, minReplicas: 1, barrierKey: () => 'b' });
  expect(await writes.write(['del', 'a'])).toBe('done');
  moves = true;
  expect(await failure(writes.write(['del', 'a']))).toContain(TOO_FEW);
});
