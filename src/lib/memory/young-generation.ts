import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Both halves of the young generation together, in bytes. V8 itself lets them grow to 128 MiB. */
const YOUNG_BYTES = 8 * 1024 * 1024;
/** So many objects of a kilobyte that live make it grow, at most. */
const MOST_SURVIVORS = 16_384;
const WORDS = 128;

/** Twice as large where much of it lives; or never larger. */
const [GROW, STAY] = ['--semi-space-growth-factor=2', '--semi-space-growth-factor=1'];

/** What says how large the young generation may be, on the command line or in `NODE_OPTIONS`. */
const OWN_CHOICE = /semi[-_]space/;

/**
 * Has V8 allocate every object in its young generation, where the objects of a decision die, and keeps that small. It is for
 * the whole life of the process; where an option sets the size of the young generation, it stays as that says.
 *
 * While many tokens are verified for the first time, much of what is allocated is kept. V8 would make the young generation
 * larger and larger then, and allocate later objects of the same code among the old ones ("pretenuring"), although hardly any
 * object is kept once the tokens are known.
 *
 * Call it before anything else, with every command: V8 takes code from the compile cache only if it was stored under the same
 * flags.
 */
export function keepGarbageYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
  if (isOwnChoice()) return;
  growYoungGeneration();
  setFlagsFromString(STAY);
}

/** Gives the young generation its size again, which V8 makes smaller while a process is idle. */
export function growYoungGeneration(): void {
  if (youngBytes() >= YOUNG_BYTES || isOwnChoice()) return;
  setFlagsFromString(GROW);
  const object = Array.from({ length: WORDS }, () => 0);
  const survivors: unknown[] = [];
  while (youngBytes() < YOUNG_BYTES && survivors.length < MOST_SURVIVORS) survivors.push(object.slice());
  setFlagsFromString(STAY);
}

function isOwnChoice(): boolean {
  return OWN_CHOICE.test([...process.execArgv, process.env['NODE_OPTIONS']].join(' '));
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? YOUNG_BYTES;
}
