import { describe, expect, it } from 'vitest';
import { inOrder, keySetMaxAgeSeconds, livesOf, rereadMs, signingAt } from './key-life.ts';

const LIMITS = { longestTokenSeconds: 1_000, clockSkewMs: 30_000 };

function key(kid: string, signsFromSeconds: number, longestTokenSeconds = 1_000) {
  return { kid, createdAtSeconds: signsFromSeconds - 600, signsFromSeconds, longestTokenSeconds };
}

describe('the time for which a new key is published before it signs', () => {
  it.each([10, 150, 600, 86_400])('of %d s is enough for readers, instances and clocks', (publishAheadSeconds) => {
    const skews = 2 * (publishAheadSeconds / 5);
    const spent = keySetMaxAgeSeconds({ publishAheadSeconds }) + rereadMs({ publishAheadSeconds }) / 1000 + skews;
    expect(spent).toBeLessThanOrEqual(publishAheadSeconds);
  });

  it('reserves half for readers, and at most a minute for instances', () => {
    expect([600, 86_400].map((publishAheadSeconds) => keySetMaxAgeSeconds({ publishAheadSeconds }))).toEqual([
      300, 43_200,
    ]);
    expect([10, 600, 86_400].map((publishAheadSeconds) => rereadMs({ publishAheadSeconds }))).toEqual([
      1_000, 60_000, 60_000,
    ]);
  });
});

describe('signingAt()', () => {
  const keys = [key('new', 2_000), key('old', 1_000)];

  it.each([
    [0, 'old'],
    [1_999.9, 'old'],
    [2_000, 'new'],
    [9_999, 'new'],
  ])('at %d returns the %s key', (nowSeconds, kid) => {
    expect(signingAt(keys, nowSeconds)?.kid).toBe(kid);
  });

  it('returns undefined without keys', () => {
    expect(signingAt([], 1)).toBeUndefined();
  });

  it('returns the same key on every instance if two start to sign at the same time', () => {
    const [a, b] = [key('a', 1_000), { ...key('b', 1_000), createdAtSeconds: 0 }];
    const twins = [key('x', 5), key('y', 5)];
    expect(signingAt([a, b], 1_000)).toBe(signingAt([b, a], 1_000));
    expect(inOrder(twins.toReversed())).toEqual(twins);
  });
});

describe('livesOf()', () => {
  const keys = [key('third', 4_600), key('first', 1_000), key('second', 2_000)];
  const states = (nowSeconds: number) =>
    livesOf(keys, nowSeconds, LIMITS).map(
      (life) => `${life.key.kid} ${life.state} ${life.sinceSeconds}-${life.untilSeconds ?? ''}`,
    );

  it('returns the state of each key with its start and end', () => {
    expect(states(4_500)).toEqual(['first retired 2000-3120', 'second signing 2000-4600', 'third waiting 4000-4600']);
    expect(states(4_600)).toEqual(['first retired 2000-3120', 'second retired 4600-5720', 'third signing 4600-']);
  });

  it('keeps a retired key until the last token that it signed has expired by every clock', () => {
    // A clock that is 30 s slow signs at 1 999 by its own time, which is 2 029; the token is valid for 1 000 s, and a
    // verifier accepts it for 30 s more.
    const [first] = livesOf([key('first', 1_000), key('second', 2_000)], 2_500, LIMITS);
    expect(first?.untilSeconds).toBe(2_000 + 1_000 + 2 * 30 + 60);
  });

  it.each([
    ['by the key itself', [key('first', 1_000, 5_000), key('second', 2_000)], LIMITS],
    ['by the next key', [key('first', 1_000), key('second', 2_000, 5_000)], LIMITS],
    ['by the configuration', [key('first', 1_000), key('second', 2_000)], { ...LIMITS, longestTokenSeconds: 5_000 }],
  ])('uses the longest lifetime of a token that is allowed %s', (_source, pair, limits) => {
    expect(livesOf(pair, 2_500, limits)[0]?.untilSeconds).toBe(7_120);
  });
});
