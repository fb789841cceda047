import { describe, expect, it } from 'vitest';
import { electedPrimary } from './sentinel-report.ts';

const A = { host: 'a', port: 1 };
const B = { host: 'b', port: 1 };
const [A1, A2, B1, B2, B3] = [1, 2, 1, 2, 3].map((epoch, index) => ({ ...(index < 2 ? A : B), epoch }));

describe('electedPrimary()', () => {
  it.each([
    ['no Sentinel answers and no primary is known', [undefined], undefined, undefined],
    ['no Sentinel answers', [undefined, undefined], A1, A1],
    ['all agree', [A1, A1, A1], undefined, A1],
    ['only one knows of a later election', [A1, B2, A1], A1, B2],
    ['only one does not know of it yet', [A1, B2, B2], B2, B2],
    ['the one that knew is silent and the others lag', [A1, undefined, A1], B2, B2],
    ['a later election names the same server', [A2, A1], A1, A2],
    ['they disagree about one election', [A1, B1, B1], A1, B1],
    ['half of them disagree about one election', [A1, B1], B1, B1],
    ['a third election happens during the queries', [A1, B2, B3], A1, B3],
  ])('returns the primary of the latest election when %s', (_what, reports, known, primary) => {
    expect(electedPrimary(reports, known, false)).toEqual(primary);
  });

  it.each([
    ['more than half of them report it', [A1, A1, undefined], A1],
    ['few answer', [A1, undefined, undefined], B2],
    ['one still knows of the later one', [A1, A1, B2], B2],
  ])('handles an earlier election, reset on the Sentinels, when %s', (_what, reports, primary) => {
    expect(electedPrimary(reports, B2, true)).toEqual(primary);
  });
});
