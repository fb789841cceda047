import { expect, it } from 'vitest';
import { openRedisForTest, redisConfig, redisForTest } from '../../../test/support/redis/config.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import { SCHEMA_KEY } from './layout.ts';
import { openRedisStore } from './store.ts';

it('openRedisStore() writes the layout version once', async () => {
  const { port, client } = await redisForTest();
  for (let opening = 1; opening <= 2; opening++) {
    await openRedisForTest(redisConfig(port));
    expect(await client.get(SCHEMA_KEY)).toBe('3');
  }
});

it.each(['4', 'one'])('openRedisStore() refuses layout version %s and changes nothing', async (version) => {
  const { port, client } = await redisForTest();
  await client.set(SCHEMA_KEY, version);
  await expect(openRedisStore(redisConfig(port), { storeMs: 2_000 })).rejects.toThrow(
    `has schema version ${version}, but this Sallyport knows versions up to 3; run the Sallyport that wrote it, or a newer one`,
  );
  expect([await client.get(SCHEMA_KEY), await client.dbsize()]).toEqual([version, 1]);
});

it.each(['1', '2'])(
  'openRedisStore() migrates layout version %s for an instance, not for a command',
  async (version) => {
    const { port, client } = await redisForTest();
    await client.set(SCHEMA_KEY, version);
    await (await openRedisStore(redisConfig(port), { storeMs: 2_000 }, { begins: false })).close();
    expect(await client.get(SCHEMA_KEY)).toBe(version);
    await openRedisForTest(redisConfig(port));
    expect(await client.get(SCHEMA_KEY)).toBe('3');
  },
);

it('openRedisStore() that may not create a store rejects for an empty Redis and writes nothing', async () => {
  const { port, client } = await redisForTest();
  const open = () => openRedisStore(redisConfig(port), { storeMs: 2_000 }, { begins: false });
  await expect(open()).rejects.toThrow('there is no store at redis://');
  expect(await client.dbsize()).toBe(0);
  // After a loss that an instance has noticed.
  await client.set(EPOCH_PREFIX, '{}');
  await (await open()).close();
  expect(await client.dbsize()).toBe(1);
  await client.del(EPOCH_PREFIX);
  await openRedisForTest(redisConfig(port));
  await (await open()).close();
  expect(await client.get(SCHEMA_KEY)).toBe('3');
});
