import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisServer } from '../../../test/support/redis/server.ts';
import { startRedis } from '../../../test/support/redis/server.ts';
import { CommandSender } from '../../redis/command-sender.ts';
import { loginKeys } from './layout.ts';
import { readScripts } from './scripts.ts';

const HOUR_MS = 3_600_000;
const { budgets, lastUses, places } = loginKeys('made-up');

let server: RedisServer;
let sender: CommandSender;

beforeAll(async () => {
  server = await startRedis({ settings: { appendonly: 'no' } });
  sender = new CommandSender(server.client, readScripts());
});

afterAll(() => server.close());

/** One guess at a name, where at most `most` budgets are kept. */
function count(name: string, most: number, forgetAfterMs = HOUR_MS) {
  const args = [name, '', '', '1', HOUR_MS, most, forgetAfterMs, 0, 0, HOUR_MS];
  return sender.send({ script: 'log-in-history/count-guess', keys: [budgets, lastUses, places], args });
}

async function sizes(): Promise<readonly number[]> {
  return [await server.client.hlen(budgets), await server.client.zcard(lastUses)];
}

describe('the script log-in-history/count-guess', () => {
  it('keeps the latest names of a flood, all with an expiry', async () => {
    for (let index = 0; index < 300; index++) await count(`made-up-${String(index).padStart(3, '0')}`, 50);
    expect(await sizes()).toEqual([50, 50]);
    expect(await count('made-up-299', 50)).toEqual([1, 0, '*', 2]);
    for (const key of [budgets, lastUses]) {
      const leftMs = await server.client.pttl(key);
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(HOUR_MS);
    }
  });

  it('deletes expired budgets with each attempt', async () => {
    await server.client.flushdb();
    for (let index = 0; index < 20; index++) await count(`made-up-${index}`, 1_000);
    await expect.poll(() => count('another', 1_000, 1).then(sizes)).toEqual([1, 1]);
  });

  it('does not extend waits when the clock is set back', async () => {
    await server.client.flushdb();
    for (let turn = 0; turn < 3; turn++) await count('made-up', 1_000);
    const far = Date.now() + 100 * HOUR_MS;
    await server.client.hset(budgets, 'made-up:*', `3:${far}:${far}`);
    expect(await count('made-up', 1_000)).toEqual([1, 0, '*', 1]);
  });
});
