import { describe, expect, it } from 'vitest';
import { RevocationHealth } from './revocation-health.ts';

describe('RevocationHealth', () => {
  it('tells of the feed once per change, and not that it was heard for the first time', () => {
    const { health, told } = watch();
    expect(health.feed).toBe('starting');
    health.heard();
    health.heard();
    expect([health.feed, told]).toEqual(['live', []]);
    for (const cause of ['cut', 'refused', 'refused']) health.brokenOff(new Error(cause));
    expect([health.feed, told]).toEqual(['lost', ['feed lost: cut']]);
    for (let beat = 0; beat < 3; beat++) health.heard();
    expect([health.feed, told]).toEqual(['live', ['feed lost: cut', 'feed back']]);
  });

  it('tells of a feed that could not be had from the start', () => {
    const { health, told } = watch();
    health.brokenOff(new Error('refused'));
    health.heard();
    expect(told).toEqual(['feed lost: refused', 'feed back']);
  });

  it('tells of an outage once when it begins and once when it ends', () => {
    const { health, told } = watch();
    health.answered();
    for (const cause of [new Error('late'), 'no error', new Error('late')]) health.unanswered(cause);
    expect(health.outage).toBe(true);
    health.answered();
    health.answered();
    health.unanswered('gone');
    expect(told).toEqual(['outage: late', 'outage over', 'outage: gone']);
  });
});

function watch() {
  const told: string[] = [];
  const health = new RevocationHealth({
    feedLost: ({ message }) => void told.push(`feed lost: ${message}`),
    feedBack: () => void told.push('feed back'),
    outageBegan: ({ message }) => void told.push(`outage: ${message}`),
    outageEnded: () => void told.push('outage over'),
  });
  return { health, told };
}
