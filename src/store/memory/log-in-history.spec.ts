import { describe, expect, it } from 'vitest';
import { MemoryLogInHistory } from './log-in-history.ts';

const LIMITS = { waitsMs: [0, 3_600_000], forgetAfterMs: 3_600_000 };

function attempt(name: string) {
  return { name, place: undefined, device: undefined, countsStrangers: true };
}

describe('MemoryLogInHistory', () => {
  it('count() remembers a name after attempts on 100,000 others', async () => {
    const history = new MemoryLogInHistory();
    for (let turn = 0; turn < 2; turn++) await history.count(attempt('ada'), LIMITS);
    for (let index = 0; index < 100_001; index++) await history.count(attempt(`made up ${index}`), LIMITS);
    expect(await history.count(attempt('ada'), LIMITS)).toMatchObject({ outcome: 'refused' });
  });

  it('count() keeps the latest 300,000 budgets', async () => {
    const history = new MemoryLogInHistory();
    for (let index = 0; index < 300_010; index++) await history.count(attempt(`made up ${index}`), LIMITS);
    expect(await history.count(attempt('made up 0'), LIMITS)).toMatchObject({ failures: 1 });
    expect(await history.count(attempt('made up 300009'), LIMITS)).toMatchObject({ failures: 2 });
  });
});
