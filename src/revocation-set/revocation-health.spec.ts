import { describe, expect, it } from 'vitest';
import { RevocationHealth } from './revocation-health.ts';

describe('RevocationHealth', () => {
  it('reports each change of the feed once, but not the first heartbeat', () => {
    const { health, calls } = watch();
    expect(health.feed).toBe('starting');
    health.heard();
    health.heard();
    expect([health.feed, calls]).toEqual(['live', []]);
    for (const cause of ['cut', 'refused', 'refused']) health.brokenOff(new Error(cause));
    expect([health.feed, calls]).toEqual(['lost', ['feed lost: cut']]);
    for (let beat = 0; beat < 3; beat++) health.heard();
    expect([health.feed, calls]).toEqual(['live', ['feed lost: cut', 'feed back']]);
  });

  it('reports a feed that fails from the start', () => {
    const { health, calls } = watch();
    health.brokenOff(new Error('refused'));
    health.heard();
    expect(calls).toEqual(['feed lost: refused', 'feed back']);
  });

  it('reports an outage once when it begins and once when it ends', () => {
    const { health, calls } = watch();
    health.answered();
    for (const cause of [new Error('late'), 'no error', new Error('late')]) health.unanswered(cause);
    expect(health.outage).toBe(true);
    health.answered();
    health.answered();
    health.unanswered('gone');
    expect(calls).toEqual(['outage: late', 'outage over', 'outage: gone']);
  });
});

function watch() {
  const calls: string[] = [];
  const health = new RevocationHealth({
    feedLost: ({ message }) => void calls.push(`feed lost: ${message}`),
    feedBack: () => void calls.push('feed back'),
    outageBegan: ({ message }) => void calls.push(`outage: ${message}`),
    outageEnded: () => void calls.push('outage over'),
  });
  return { health, calls };
}
