import { expect, it } from 'vitest';
import { fuzzConnections } from './fuzzing.ts';

it('survives 50,000 frames that are right, wrong or random', async () => {
  const seed = Math.trunc(Math.random() * 2 ** 31);
  const { frames, answered, connections, failed } = await fuzzConnections(seed, 50_000);
  expect(frames).toBeGreaterThanOrEqual(50_000);
  // Some clients make no mistake that ends their connection, and get answers.
  expect(answered).toBeGreaterThan(frames / 10);
  expect(failed).toBeGreaterThan(connections / 10);
  expect(connections - failed).toBeGreaterThan(connections / 10);
});
