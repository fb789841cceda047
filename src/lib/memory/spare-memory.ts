import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { every } from '../timers/every.ts';
import { growYoungGeneration } from './young-generation.ts';

const WATCH_MS = 2_000;
/** What grows less than this between two looks does not grow. Each token that is verified for the first time adds some 10 KB. */
const CALM_BYTES = 4 * 1024 * 1024;
/** Less than this is not worth the CPU time. */
const WORTH_BYTES = 8 * 1024 * 1024;
/** So long V8 has for it: it begins within eight seconds. */
const LOOKS = 8;
/** The share of a core from which on a process is busy. */
const BUSY = 0.2;

const SAVE = '--optimize-for-size';
const SPEND = '--no-optimize-for-size';

/** What V8 says of itself; a test replaces it. */
export interface Engine {
  /** Bytes of objects that V8 has moved out of its young generation, with garbage. */
  oldBytes(): number;
  /** CPU time of the process, in milliseconds. */
  cpuMs(): number;
  setFlag(flag: string): void;
  growYoungGeneration(): void;
}

const V8: Engine = {
  oldBytes: () => getHeapSpaceStatistics().reduce((sum, space) => sum + oldBytesIn(space), 0),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  setFlag: setFlagsFromString,
  growYoungGeneration,
};

/**
 * Has V8 give memory back once no more of it is needed, also under load: within about ten seconds it collects garbage step by
 * step and moves what is left together. Left to itself it waits until the process is idle. While memory grows, as when
 * many tokens are verified for the first time, V8 collects as seldom as it likes, because that costs CPU time.
 *
 * Returns what ends it.
 */
export function giveSpareMemoryBack(engine: Engine = V8): () => void {
  let [bytes, cpuMs] = [engine.oldBytes(), engine.cpuMs()];
  /** After the last time. */
  let keptBytes = 0;
  /** How many looks it still has for it; 0 if it saves nothing. */
  let looksLeft = 0;
  const saveFor = (looks: number): void => {
    if (looks > 0 !== looksLeft > 0) engine.setFlag(looks > 0 ? SAVE : SPEND);
    looksLeft = looks;
  };
  const look = (grownBytes: number): void => {
    const isCalm = grownBytes < CALM_BYTES;
    if (looksLeft === 1 && isCalm) keptBytes = bytes;
    if (looksLeft > 0) saveFor(isCalm ? looksLeft - 1 : 0);
    else if (isCalm && bytes - keptBytes > WORTH_BYTES) saveFor(LOOKS);
  };
  const stop = every(WATCH_MS, () => {
    const [bytesBefore, cpuMsBefore] = [bytes, cpuMs];
    [bytes, cpuMs] = [engine.oldBytes(), engine.cpuMs()];
    look(bytes - bytesBefore);
    if (cpuMs - cpuMsBefore > BUSY * WATCH_MS) engine.growYoungGeneration();
  });
  return () => {
    stop();
    saveFor(0);
  };
}

function oldBytesIn({
  space_name: name,
  space_used_size: bytes,
}: ReturnType<typeof getHeapSpaceStatistics>[number]): number {
  return name.startsWith('new_') ? 0 : bytes;
}
