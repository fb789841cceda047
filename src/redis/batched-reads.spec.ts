import { expect, it, onTestFinished } from 'vitest';
import { redisConfig, redisForTest } from '../../test/support/redis/config.ts';
import { BatchedReads } from './batched-reads.ts';
import { Connection } from './connection.ts';
import { optionsFor, placeOf } from './options.ts';

it('BatchedReads sends one query for all reads of a turn, and returns to each reader its own values', async () => {
  const { port, client } = await redisForTest();
  const config = redisConfig(port);
  const connection = new Connection({
    place: placeOf(() => config),
    options: optionsFor(config, 2_000),
    answerMs: 2_000,
    inspect: () => undefined,
    scripts: new Map(),
  });
  await connection.open(5_000);
  onTestFinished(() => connection.close());
  let asked = 0;
  const askAll: Connection['askAll'] = (commands) => {
    asked += 1;
    return connection.askAll(commands);
  };
  const reads = new BatchedReads({ askAll }, () => ['witness']);
  await client.set('witness', 'W');
  for (const key of ['a', 'b', 'c']) await client.set(key, key.toUpperCase());

  const answers = await Promise.all([reads.read(['b', 'none', 'a']), reads.read([]), reads.read(['c', 'b'])]);
  const witnesses = [['witness', 'W']];
  expect(answers).toEqual([
    { values: ['B', undefined, 'A'], witnesses },
    { values: [], witnesses: [] },
    { values: ['C', 'B'], witnesses },
  ]);
  expect(asked).toBe(1);
  expect(await reads.read(['a'])).toEqual({ values: ['A'], witnesses });
  expect(asked).toBe(2);
});
