import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EndingTokensCount } from './ending-tokens-count.ts';

const HOUR_MS = 3_600_000;

let failures: unknown[];
let broken: Error | undefined;
let accountsRead: number;
let count: EndingTokensCount;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  failures = [];
  broken = undefined;
  accountsRead = 0;
  const accounts = {
    list: async () => {
      accountsRead += 1;
      if (broken !== undefined) throw broken;
      return [];
    },
  };
  const views = { list: async () => ({ tokens: [], next: undefined }) };
  count = new EndingTokensCount({ accounts, views, clock: { wallMs: () => 0 } }, (error) => failures.push(error));
});

afterEach(async () => {
  await count.close();
  vi.useRealTimers();
});

it('counts when it is asked, and every hour', async () => {
  expect(count.counts).toEqual([]);
  await count.run();
  expect(count.counts).toHaveLength(6);
  vi.advanceTimersByTime(2 * HOUR_MS);
  expect(accountsRead).toBe(2);
});

it('reports a failure, and keeps the former figures', async () => {
  await count.run();
  const former = count.counts;
  broken = new Error('no store');
  await count.run();
  expect(failures).toEqual([broken]);
  expect(count.counts).toBe(former);
});

it('counts no more once it is closed', async () => {
  await count.close();
  vi.advanceTimersByTime(HOUR_MS);
  expect(accountsRead).toBe(0);
});
