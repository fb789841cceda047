import { describe, expect, it } from 'vitest';
import { MemoryLogInHistory } from '../../store/memory/log-in-history.ts';
import { FREE_GUESSES, LogInHistory } from './log-in-history.ts';
import type { LogInHistoryStore } from './log-in-history-store.ts';
import { STRANGERS } from './log-in-history-store.ts';

const attempt = { name: 'ada', place: 'cafe', device: undefined, countsStrangers: true };

/** A shared history that does not respond until `open()` is called. */
class Slow extends MemoryLogInHistory {
  private readonly gate = Promise.withResolvers<void>();
  readonly takenBack: string[] = [];
  open = (): void => this.gate.resolve();

  override async takeBack(...parameters: Parameters<LogInHistoryStore['takeBack']>) {
    this.takenBack.push(parameters[1]);
    return super.takeBack(...parameters);
  }

  override async count(...parameters: Parameters<LogInHistoryStore['count']>) {
    await this.gate.promise;
    return super.count(...parameters);
  }
}

function setUp(shared: LogInHistoryStore) {
  const errors: unknown[] = [];
  const local = new MemoryLogInHistory();
  return { errors, history: new LogInHistory({ shared, local, limitMs: 1, failed: (error) => errors.push(error) }) };
}

async function outcomesOf(history: LogInHistory, more: object = {}): Promise<readonly string[]> {
  const outcomes: string[] = [];
  for (let turn = 0; turn < 2 * FREE_GUESSES; turn++) {
    outcomes.push((await history.count({ ...attempt, ...more })).outcome);
  }
  return outcomes;
}

const bounded = Array.from({ length: 2 * FREE_GUESSES }, (_, index) => (index < FREE_GUESSES ? 'counted' : 'refused'));

describe('LogInHistory', () => {
  it.each([
    ['does not respond', () => new Slow()],
    ['fails', () => new MemoryLogInHistory({ check: () => { throw new Error('down'); } })], // biome-ignore format: one line
  ])('limits guesses on this instance if the shared history %s, and reports the error', async (_failure, shared) => {
    const { history, errors } = setUp(shared());
    expect(await outcomesOf(history)).toEqual(bounded);
    expect(errors).toHaveLength(bounded.length);
  });

  it('distinguishes familiar places from strangers if the shared history is unavailable', async () => {
    const { history } = setUp(new Slow());
    await history.remember(['ada'], () => 'home');
    expect(await outcomesOf(history)).toEqual(bounded);
    expect(await history.count({ ...attempt, place: 'home' })).toMatchObject({ outcome: 'counted', isFamiliar: true });
  });

  it('remember() resolves to false if the shared history may not have the place', async () => {
    const broken = new MemoryLogInHistory();
    broken.remember = () => Promise.reject(new Error('down'));
    expect(await setUp(broken).history.remember(['ada'], () => 'home')).toBe(false);
    expect(await setUp(new MemoryLogInHistory()).history.remember(['ada'], () => 'home')).toBe(true);
  });

  it('takeBack() also takes back a count that the shared history makes later', async () => {
    const shared = new Slow();
    const { history } = setUp(shared);
    const counted = await history.count(attempt);
    await counted.takeBack();
    expect(shared.takenBack).toEqual([]);
    shared.open();
    await expect.poll(() => shared.takenBack).toEqual([STRANGERS]);
  });
});
