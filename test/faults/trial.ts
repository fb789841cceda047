import { setTimeout as wait } from 'node:timers/promises';
import { Checks } from './checks.ts';
import type { Fault } from './fault.ts';
import { Revocations } from './revocations.ts';
import { watchForStalls } from './stalls.ts';
import { corporate, Issuer, sendMessage, type Token } from './tokens.ts';
import type { Truth } from './truth.ts';
import { judge, PASSED, type Verdict } from './verdict.ts';
import { type FaultWorld, MAX_STALENESS_MS, SIDES, type Side } from './world.ts';

const BEFORE_MS = 1_500;
const AFTER_MS = 1_500;
const RECOVERY_LIMIT_MS = 30_000;
/** A request that has waited for longer may still fail. */
const STUCK_MS = 500;
const KNOWN = 20;
/** How long the tokens for the API suffice; after that all are revoked by hand. */
const SUPPLY_SECONDS = 14;

/** The rates of requests. */
export interface Load {
  readonly revocationsPerSecond: number;
  /** At each of the two instances. */
  readonly checksPerSecond: number;
}

export interface Trial extends Verdict {
  readonly fault: string;
  /** Acknowledged revocations that an instance ignores in the end or that Redis does not hold, each in words. */
  readonly lost: readonly string[];
  /** The instances' warnings and errors since the start. */
  readonly said: readonly string[];
}

/** One fault, during which tokens are revoked and checked. */
export async function tryFault<Set extends Truth>(
  world: FaultWorld<Set>,
  fault: Fault<Set>,
  load: Load,
): Promise<Trial> {
  const { revocations, checks } = await prepare(world, load);
  const beganMs = performance.now();
  const watch = watchForStalls();
  revocations.start();
  checks.start();
  await wait(BEFORE_MS);
  if (fault.calmMs !== undefined) revocations.pause();
  await wait(fault.calmMs);
  const struckMs = performance.now();
  const heal = await fault.strike(world);
  revocations.resume(fault.losesRecords === true);
  await wait(fault.lastsMs);
  const healedMs = performance.now();
  await heal();
  const feedsFreshMs = await untilRecovered(world, [revocations, checks], healedMs);
  await wait(AFTER_MS);
  await Promise.all([revocations.stop(), checks.stop()]);
  watch.stop();
  // An answer that was kept before the last revocations may still be used.
  if (world.isKeeping) await wait(MAX_STALENESS_MS);
  const warnings = SIDES.flatMap((side) => world.warnings(side, beganMs));
  const verdict = judge({
    revocations: revocations.all,
    checks: checks.all,
    darkness: fault.darkness,
    struckMs,
    healedMs,
    feedsFreshMs,
    saidMs: Math.min(...warnings.map(({ atMs }) => atMs).filter((atMs) => atMs >= struckMs)),
    stalls: watch.stalls,
    maxStalenessMs: MAX_STALENESS_MS,
  });
  const said = warnings.map(({ atMs, text }) => `${(atMs - struckMs).toFixed(0)} ms: ${text}`);
  return { fault: fault.name, ...verdict, lost: await lostOf(world, revocations), said };
}

async function prepare(world: FaultWorld, { revocationsPerSecond, checksPerSecond }: Load) {
  const known = Array.from({ length: KNOWN }, () => corporate(world));
  const issuer = new Issuer(world);
  const own = await issuer.issue((revocationsPerSecond * SUPPLY_SECONDS) / 2);
  for (const side of SIDES) await expectPasses(world, side, known);
  const revocations = new Revocations({ world, issuer, own, perSecond: revocationsPerSecond });
  const checks = new Checks({ world, known, revocations, perSecond: checksPerSecond });
  return { revocations, checks };
}

/** Sends a request with each token, so that an instance caches it. */
async function expectPasses(world: FaultWorld, side: Side, tokens: readonly Token[]): Promise<void> {
  for (const token of tokens) {
    const { status, body } = await sendMessage(world, side, token);
    if (status !== PASSED) throw new Error(`before the fault a good token is answered ${status} at ${side}: ${body}`);
  }
}

/** A continuous stream of requests. */
interface Stream {
  readonly lastFailureMs: number;
  /** When the oldest open request was sent; `Infinity` without one. */
  readonly oldestMs: number;
}

/** Resolves to the time at which both feeds were fresh, once all requests pass; `Infinity` if that takes too long. */
async function untilRecovered(world: FaultWorld, streams: readonly Stream[], healedMs: number): Promise<number> {
  let freshSinceMs = Infinity;
  while (performance.now() < healedMs + RECOVERY_LIMIT_MS) {
    const areFresh = await world.areFeedsFresh();
    freshSinceMs = areFresh ? Math.min(freshSinceMs, performance.now()) : Infinity;
    const failedMs = Math.max(...streams.map(({ lastFailureMs }) => lastFailureMs));
    const now = performance.now();
    const isStuck = streams.some(({ oldestMs }) => now - oldestMs > STUCK_MS);
    if (!isStuck && now > Math.max(failedMs, freshSinceMs) + MAX_STALENESS_MS) return freshSinceMs;
    await wait(25);
  }
  return Infinity;
}

async function lostOf(world: FaultWorld, { acknowledged }: Revocations): Promise<string[]> {
  const lost: string[] = [];
  for (const { token, way } of acknowledged) {
    if (!(await world.truth.holds(token.key))) lost.push(`${token.id} (${way}): not in Redis`);
    for (const side of SIDES) {
      if ((await sendMessage(world, side, token)).status === PASSED)
        lost.push(`${token.id} (${way}): passes at ${side}`);
    }
  }
  return lost;
}
