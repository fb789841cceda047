import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { within } from './within.ts';

const late = (): Error => new Error('late');

describe('within()', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('passes on an outcome that arrives in time, and leaves no timer behind', async () => {
    expect(await within(Promise.resolve(7), 1_000, late)).toBe(7);
    await expect(within(Promise.reject(new Error('broken')), 1_000, late)).rejects.toThrow('broken');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects once the time is up', async () => {
    const outcome = expect(within(new Promise(() => {}), 1_000, late)).rejects.toThrow('late');
    await vi.advanceTimersByTimeAsync(1_000);
    await outcome;
  });
});
