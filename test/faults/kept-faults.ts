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
  return repeatedly(async () => {
    process.kill(pid, 'SIGSTOP');
    await wait(Math.random() * LONGEST_PAUSE_MS);
    process.kill(pid, 'SIGCONT');
    await wait(Math.random() * LONGEST_RUN_MS);
  });
}

/** Returns what ends it, after the turn under way. */
function repeatedly(turn: () => Promise<void>): () => Promise<void> {
  let isOver = false;
  const loop = async (): Promise<void> => {
    while (!isOver) await turn();
  };
  const ended = loop();
  return async () => {
    isOver = true;
    await ended;
  };
}

/** How long questions wait at Sallyport, and how long it then has to answer them. */
const GATHER_MS = 120;
const ANSWER_MS = 60;

/**
 * Answers that lie in the sockets of a stopped Envoy for nearly as long as they may be kept. Who counts from when an answer
 * arrived keeps these for twice as long.
 *
 * @param a what A may not answer meanwhile.
 */
function lateAnswers(a: Darkness): Fault<Truth> {
  return {
    name: 'answers reach an Envoy of B that is stopped by SIGSTOP, again and again',
    darkness: { a, b: 'all' },
    lastsMs: LASTS_MS,
    mayGoUnnoticed: true,
    strike: (world) => {
      const [sallyport, envoy] = [pidOf(world, 'Sallyport'), pidOf(world, 'Envoy')];
      return repeatedly(async () => {
        process.kill(sallyport, 'SIGSTOP');
        await wait(GATHER_MS);
        process.kill(envoy, 'SIGSTOP');
        process.kill(sallyport, 'SIGCONT');
        await wait(ANSWER_MS + Math.random() * (LONGEST_PAUSE_MS - GATHER_MS - ANSWER_MS));
        process.kill(envoy, 'SIGCONT');
        await wait(LONGEST_RUN_MS);
      });
    },
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
  lateAnswers('unknown'),
];

export const KEPT_ON_REDIS: readonly Fault<SingleRedis>[] = [
  nothing,
  stutters(['Sallyport'], 'nothing'),
  stutters(['Envoy'], 'nothing'),
  stutters(ALL_PARTS, 'nothing'),
  lateAnswers('nothing'),
  envoyStopped,
  FROZEN,
  KILLED,
  DEAF,
  CUT_OFF,
];

/** For `keep` below `maxStaleness`. */
export const KEPT_BRIEFLY: readonly Fault<SingleRedis>[] = [nothing, stutters(ALL_PARTS, 'nothing')];

/** Of `npm test`. */
export const KEPT_QUICK: readonly Fault<SingleRedis>[] = [lateAnswers('nothing')];
