import { expect, it } from 'vitest';
import { troublesOf } from './troubles.ts';

it('names the parts that do not work, and no other', () => {
  const config = { status: 'refused', takenAt: 'then' } as const;
  const fine = { store: { status: 'ok', errors: 3 }, log: { status: 'ok', lost: 0 }, config } as const;
  expect(troublesOf(fine)).toEqual([]);
  expect(
    troublesOf({
      ...fine,
      store: { status: 'failing', errors: 1 },
      feed: { status: 'stale' },
      keySets: [
        { issuer: 'a', status: 'ok', failures: 0 },
        { issuer: 'b', status: 'missing', failures: 2 },
      ],
      decisionPoints: [{ name: 'pdp', status: 'misconfigured', failures: 0 }],
    }),
  ).toEqual(['store failing', 'feed stale', 'key sets of b missing', 'decision point pdp misconfigured']);
});
