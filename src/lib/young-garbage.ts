import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 allocate every object in its young generation, where the objects of a decision die, for the whole life of the process.
 *
 * While many tokens are verified for the first time, much of what is allocated is kept. V8 would then allocate later objects of
 * the same code among the old ones ("pretenuring"), although hardly any is kept once the tokens are known.
 *
 * Call it before anything else, with every command: V8 takes code from the compile cache only if it was stored under the same
 * flags.
 */
export function keepGarbageYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
