import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
import { expect, it } from 'vitest';
import { keepGarbageYoung } from './young-garbage.ts';

it('changes a flag that this V8 knows', () => {
  const before = cachedDataVersionTag();
  keepGarbageYoung();
  expect(cachedDataVersionTag()).not.toBe(before);
  setFlagsFromString('--allocation-site-pretenuring');
  expect(cachedDataVersionTag()).toBe(before);
});
