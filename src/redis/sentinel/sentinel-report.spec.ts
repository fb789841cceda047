import { describe, expect, it } from 'vitest';
import { electedPrimary } from './sentinel-report.ts';

const A = { host: 'a', port: 1 };
const B = { host: 'b', port: 1 };
const [A1, A2, B1, B2, B3] = [1, 2, 1, 2, 3].map((epoch, index) => ({ ...(index < 2 ? A : B), epoch }));

describe('believe()', () => {
  it.each([
    ['nobody says anything, and nothing is known', [undefined], undefined, undefined],
    ['nobody says anything', [undefined, undefined], A1, A1],
    ['they agree', [A1, A1, A1], undefined, A1],
    ['one alone knows of a later election', [A1, B2, A1], A1, B2],
    ['one alone does not know of it yet', [A1, B2, B2], B2, B2],
    ['the one that knew is silent, and the others lag', [A1, undefined, A1], B2, B2],
    ['a later election names the same server', [A2, A1], A1, A2],
    ['they differ about one election', [A1, B1, B1], A1, B1],
    ['they differ about one election, half and half', [A1, B1], B1, B1],
    ['one after the other was asked of a third election', [A1, B2, B3], A1, B3],
  ])('where %s', (_what, words, known, believed) => {
    expect(electedPrimary(words, known, false)).toEqual(believed);
  });

  it.each([
    ['more than half of them say so', [A1, A1, undefined], A1],
    ['few answer', [A1, undefined, undefined], B2],
    ['one still knows of the later one', [A1, A1, B2], B2],
  ])('of an earlier election than a forgotten one, where %s', (_what, words, believed) => {
    expect(electedPrimary(words, B2, true)).toEqual(believed);
  });
});
