import { setTimeout as wait } from 'node:timers/promises';
import type { Fault } from './fault.ts';
import { CUT_OFF, DEAF, FROZEN, KILLED } from './faults.ts';
import type { SingleRedis, Truth } from './truth.ts';
import type { Darkness } from './verdict.ts';
import type { FaultWorld } from './world.ts';

const LASTS_MS = 4_000;
/** Shorter than `maxStaleness`: a longer pause ends every kept answer. */
const LONGEST_PAUSE_MS = 950;
const LONGEST_RUN_MS = 300;

/** Where nothing breaks, keeping alone must not break the promise. */
const nothing: Fault<Truth> = {
  name: 'nothing fails',
  darkness: { a: 'nothing', b: 'nothing' },
  lastsMs: LASTS_MS,
  mayGoUnnoticed: true,
  strike: () => () => undefined,
};

type Part = 'Sallyport' | 'Envoy';

/**
 * Parts of B that are stopped and continued at random times: between a question and its answer, and between an answer and
 * its use.
 *
 * @param a what A may not answer meanwhile.
 */
function stutters(parts: readonly Part[], a: Darkness): Fault<Truth> {
  return {
    name: `${parts.join(' and ')} of B, stopped by SIGSTOP at random for up to 0.95 s`,
    darkness: { a, b: 'all' },
    lastsMs: LASTS_MS,
    mayGoUnnoticed: true,
    strike: (world) => {
      const loops = parts.map((part) => stutter(pidOf(world, part)));
      return () => Promise.all(loops.map((stop) => stop()));
    },
  };
}

function pidOf({ instances: { b } }: FaultWorld, part: Part): number {
  return (part === 'Envoy' ? b.envoy.pid : b.sallyport.pid) ?? 0;
}

/** Returns what ends it, with the process running. */
function stutter(pid: number): () => Promise<void> {
  let isOver = false;
  const loop = async (): Promise<void> => {
    while (!isOver) {
      process.kill(pid, 'SIGSTOP');
      await wait(Math.random() * LONGEST_PAUSE_MS);
      process.kill(pid, 'SIGCONT');
      await wait(Math.random() * LONGEST_RUN_MS);
    }
  };
  const ended = loop();
  return async () => {
    isOver = true;
    await ended;
  };
}

const envoyStopped: Fault<Truth> = {
  name: 'Envoy of B stopped by SIGSTOP for 3 s',
  darkness: { a: 'nothing', b: 'all' },
  lastsMs: 3_000,
  strike: (world) => {
    const pid = pidOf(world, 'Envoy');
    process.kill(pid, 'SIGSTOP');
    return () => process.kill(pid, 'SIGCONT');
  },
};

const ALL_PARTS: readonly Part[] = ['Sallyport', 'Envoy'];

/** On a SQLite file, where a stopped instance may hold the lock that a revocation at the other one needs. */
export const KEPT_ON_SQLITE: readonly Fault<Truth>[] = [
  nothing,
  stutters(['Sallyport'], 'unknown'),
  stutters(['Envoy'], 'nothing'),
  stutters(ALL_PARTS, 'unknown'),
];

export const KEPT_ON_REDIS: readonly Fault<SingleRedis>[] = [
  nothing,
  stutters(['Sallyport'], 'nothing'),
  stutters(['Envoy'], 'nothing'),
  stutters(ALL_PARTS, 'nothing'),
  envoyStopped,
  FROZEN,
  KILLED,
  DEAF,
  CUT_OFF,
];

/** For `keep` below `maxStaleness`. */
export const KEPT_BRIEFLY: readonly Fault<SingleRedis>[] = [nothing, stutters(ALL_PARTS, 'nothing')];

/** Of `npm test`. */
export const KEPT_QUICK: readonly Fault<SingleRedis>[] = [stutters(ALL_PARTS, 'nothing')];
