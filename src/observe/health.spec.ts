import { describe, expect, it } from 'vitest';
import { Health } from './health.ts';

describe('Health', () => {
  it('is ready after the start and until it stops for good', () => {
    const health = new Health();
    const changes: boolean[] = [];
    health.follow((isReady) => changes.push(isReady));
    expect(health.state).toBe('starting');
    health.ready();
    health.ready();
    expect(health.state).toBe('ready');
    health.stopping();
    health.ready();
    expect(health.state).toBe('stopping');
    expect(changes).toEqual([false, true, false]);
  });

  it('calls a later follower at once', () => {
    const health = new Health();
    health.ready();
    const changes: boolean[] = [];
    health.follow((isReady) => changes.push(isReady));
    expect(changes).toEqual([true]);
  });
});
