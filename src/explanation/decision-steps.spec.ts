import { expect, it } from 'vitest';
import { makeCredential, makeRoute, NOW_MS } from '../../test/support/core.ts';
import { stepsOf } from './decision-steps.ts';

it.each([
  [Number.POSITIVE_INFINITY, 'it does not expire'],
  [NOW_MS, `ends ${new Date(NOW_MS).toISOString()}, clock skew included`],
])('stepsOf() says when a credential ends: %d', (validUntilMs, words) => {
  const steps = stepsOf({
    outcome: 'allow',
    shadowed: undefined,
    route: makeRoute(),
    credential: makeCredential({ validUntilMs }),
  });
  expect(steps.find(({ name }) => name === 'expiry')?.words).toBe(words);
});
