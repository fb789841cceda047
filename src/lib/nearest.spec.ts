import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.ts';

describe('nearest()', () => {
  it.each([
    ['algoritm', 'algorithm'],
    ['alogrithm', 'algorithm'],
    ['Algorithm', 'algorithm'],
    ['tsl', 'tls'],
    ['RS265', 'RS256'],
    ['messages:sned', 'messages:send'],
    ['laogrithm', 'algorithm'],
    ['xxalgorithm', 'algorithm'],
    ['gorithm', 'algorithm'],
    ['algorithmxx', 'algorithm'],
    ['lagoritmh', 'algorithm'],
    ['lagroithm', 'algorithm'],
    ['xxxalgorithm', undefined],
    ['lagroihtm', undefined],
    ['algo', undefined],
    ['x', undefined],
    ['', undefined],
  ])('of %j is %j', (word, name) => {
    expect(nearest(word, ['algorithm', 'tls', 'RS256', 'ES384', 'messages:send', 'messages:read'])).toBe(name);
  });
});
