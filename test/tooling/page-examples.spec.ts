import { expect, it } from 'vitest';
import { showsExamples } from '../../tools/page-examples.ts';

it('the page of the internal API shows the examples as they are (npm run schema)', () => {
  expect(showsExamples()).toBe(true);
});
