import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRedisForTest, redisConfig, redisForTest } from '../../../test/support/redis/config.ts';
import { startProxy } from '../../../test/support/redis/tcp-proxy.ts';
import { readValues } from '../../../test/support/store/revocations.ts';
import { StoreError } from '../../core/ports.ts';
import type { Store } from '../store.ts';

const STORE_MS = 150;
const WRITE_MS = 1_000;
const TOO_LATE = `did not answer within ${STORE_MS} ms`;

describe('a Redis that hangs', () => {
  it('makes reads reject in time, and answers again when it continues', async () => {
    const server = await redisForTest();
    const store = await openRedisForTest(redisConfig(server.port), { storeMs: STORE_MS });
    await revoke(store, 'before');
    server.freeze();
    for (let round = 0; round < 4; round++) {
      const reads = ['before', 'never'].map((id) => failureOf(isRevoked(store, id)));
      for (const error of await Promise.all(reads)) {
        expect(error).toBeInstanceOf(StoreError);
        expect(error.message).toContain(TOO_LATE);
      }
    }
    expect((await failureOf(store.accounts.find('ada'))).message).toContain(TOO_LATE);
    server.thaw();
    await expect.poll(() => answer(isRevoked(store, 'before')), { timeout: 5_000 }).toBe(true);
  });

  it('does not block writes or close() forever', async () => {
    const server = await redisForTest();
    const store = await openRedisForTest(redisConfig(server.port), { storeMs: STORE_MS, writeMs: WRITE_MS });
    server.freeze();
    const write = failureOf(revoke(store, 'a'));
    const closed = store.close();
    expect(await write).toBeInstanceOf(StoreError);
    await closed;
    server.thaw();
  });
});

describe('close()', () => {
  it.each([700, 800, 900])('resolves although a hung Redis has not answered for %d ms', async (sinceMs) => {
    const server = await redisForTest();
    const store = await openRedisForTest(redisConfig(server.port), { storeMs: STORE_MS });
    server.freeze();
    await failureOf(isRevoked(store, 'a'));
    await wait(sinceMs - STORE_MS);
    await expect(store.close()).resolves.toBeUndefined();
    server.thaw();
  });
});

describe('a black hole between Sallyport and Redis', () => {
  it('makes reads reject in time, until a new connection succeeds', async () => {
    const { port } = await redisForTest();
    const proxy = await startProxy(port);
    onTestFinished(() => proxy.close());
    const store = await openRedisForTest(redisConfig(proxy.port), { storeMs: STORE_MS, writeMs: WRITE_MS });
    await revoke(store, 'before');
    proxy.swallow();
    const { message } = await failureOf(isRevoked(store, 'before'));
    expect(message).toBe(`Redis store "redis://127.0.0.1:${proxy.port}/0": ${TOO_LATE}`);
    // The old connections stay swallowed: only new ones get through.
    proxy.heal();
    await expect.poll(() => answer(isRevoked(store, 'before')), { timeout: 8_000 }).toBe(true);
    await expect.poll(() => answer(revoke(store, 'after').then(() => true)), { timeout: 8_000 }).toBe(true);
  });
});

describe('a Redis that stops or changes', () => {
  it('makes reads and writes reject at once', async () => {
    const server = await redisForTest();
    const store = await openRedisForTest(redisConfig(server.port), { storeMs: STORE_MS });
    await server.kill9();
    await expect.poll(async () => (await failureOf(isRevoked(store, 'a'))).message).toContain('start Redis');
    const error = await failureOf(revoke(store, 'a'));
    expect(error).toBeInstanceOf(StoreError);
    expect(error.message).not.toContain('did not answer within');
  });

  it('keeps every acknowledged write when it is killed repeatedly', async () => {
    let server = await redisForTest();
    const store = await openRedisForTest(redisConfig(server.port), { storeMs: 1_000 });
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round++) {
      const writing = [1, 2, 3].map((lane) => writeUntilRefused(store, `${round}-${lane}`, acknowledged));
      await wait(20 + Math.random() * 100);
      await server.kill9();
      await Promise.all(writing);
      server = await redisForTest({ after: server });
      await expect.poll(() => answer(isRevoked(store, 'x')), { timeout: 8_000 }).toBe(false);
      const keys = acknowledged.map(keyOf);
      expect(await readValues(store, keys)).toEqual(keys.map(() => '{}'));
    }
    expect(acknowledged.length).toBeGreaterThan(20);
  });

  it('is not used if it may evict keys after a restart, unless the configuration allows it', async () => {
    const server = await redisForTest();
    const open = (allowEviction: boolean) => openRedisForTest(redisConfig(server.port, { allowEviction }));
    const [strict, lenient] = [await open(false), await open(true)];
    await server.kill9();
    const again = await redisForTest({ after: server, settings: { 'maxmemory-policy': 'allkeys-lru' } });
    const read = (store: Store) => isRevoked(store, 'a').catch(String);
    await expect.poll(() => read(lenient), { timeout: 8_000 }).toBe(false);
    await expect.poll(() => read(strict), { timeout: 8_000 }).toContain('may drop revocations when its memory is full');
    await again.client.config('SET', 'maxmemory-policy', 'noeviction');
    await expect.poll(() => read(strict), { timeout: 8_000 }).toBe(false);
  });

  it('is not used once it has become a replica', async () => {
    const [server, other] = [await redisForTest(), await redisForTest()];
    const store = await openRedisForTest(redisConfig(server.port), { storeMs: STORE_MS });
    await server.client.replicaof('127.0.0.1', other.port);
    await server.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expect.poll(async () => (await failureOf(isRevoked(store, 'a'))).message).toContain('is a replica');
    await server.client.replicaof('NO', 'ONE');
    await expect.poll(() => answer(isRevoked(store, 'a')), { timeout: 8_000 }).toBe(false);
  });

  it.each([
    ['a read', (store: Store) => isRevoked(store, 'a')],
    ['a write', (store: Store) => revoke(store, 'a')],
  ])('is not used for %s once it has become a replica and kept the connection', async (_name, ask) => {
    const [server, other] = [await redisForTest(), await redisForTest()];
    const store = await openRedisForTest(redisConfig(server.port), { storeMs: STORE_MS });
    await server.client.replicaof('127.0.0.1', other.port);
    expect((await failureOf(ask(store))).message).toContain('is a replica');
    await server.client.replicaof('NO', 'ONE');
    await expect.poll(() => answer(ask(store).then(() => true)), { timeout: 8_000 }).toBe(true);
  });
});

/** Revokes until a write is refused, and notes what was acknowledged. */
async function writeUntilRefused(store: Store, lane: string, acknowledged: string[]): Promise<void> {
  try {
    for (let count = 0; ; count++) {
      await revoke(store, `${lane}-${count}`);
      acknowledged.push(`${lane}-${count}`);
    }
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError);
  }
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

/** What a call rejects with. */
async function failureOf(call: Promise<unknown>): Promise<Error> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  if (!(outcome instanceof Error)) throw new Error('it did not reject');
  return outcome;
}

function answer<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(() => undefined);
}
