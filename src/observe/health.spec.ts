import { describe, expect, it } from 'vitest';
import { Health } from './health.ts';

describe('Health', () => {
  it('is ready between the start and the stop, which is for good', () => {
    const health = new Health();
    const told: boolean[] = [];
    health.follow((isReady) => told.push(isReady));
    expect(health.state).toBe('starting');
    health.ready();
    health.ready();
    expect(health.state).toBe('ready');
    health.stopping();
    health.ready();
    expect(health.state).toBe('stopping');
    expect(told).toEqual([false, true, false]);
  });

  it('tells a later follower at once', () => {
    const health = new Health();
    health.ready();
    const told: boolean[] = [];
    health.follow((isReady) => told.push(isReady));
    expect(told).toEqual([true]);
  });
});
