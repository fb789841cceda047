import { cachedDataVersionTag } from 'node:v8';
import { expect, it } from 'vitest';
import { keepGarbageYoung } from './young-garbage.ts';

it('changes a flag that this V8 knows, and restores it for the compile cache', async () => {
  const before = cachedDataVersionTag();
  const restore = keepGarbageYoung();
  expect(cachedDataVersionTag()).not.toBe(before);
  await restore();
  expect(cachedDataVersionTag()).toBe(before);
});
