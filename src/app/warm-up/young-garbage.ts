import { setFlagsFromString } from 'node:v8';

const NO_PRETENURING = '--no-allocation-site-pretenuring';
const PRETENURING = '--allocation-site-pretenuring';

/**
 * Has V8 allocate every object in its young generation, where the objects of a decision die. While many tokens are verified for
 * the first time, much of what is allocated is kept. V8 then allocates later objects of the same code among the old ones
 * ("pretenuring"), with all that they refer to, although hardly any of them is kept once the tokens are known: the heap
 * grows until the next major collection, and a check costs a quarter more CPU time.
 *
 * Call it when everything is loaded, and what it returns before the process ends: V8 takes code from the compile cache only
 * if it was stored under the same flags.
 */
export function keepGarbageYoung(): () => Promise<void> {
  setFlagsFromString(NO_PRETENURING);
  return async () => setFlagsFromString(PRETENURING);
}
