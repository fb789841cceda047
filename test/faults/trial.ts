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
/** What waits for longer may yet fail. */
const STUCK_MS = 500;
const KNOWN = 20;
/** Of the tokens that the API is to revoke there are enough for so long; then all are revoked by hand. */
const SUPPLY_SECONDS = 14;

/** How much is asked. */
export interface Load {
  readonly revocationsPerSecond: number;
  /** At each of the two instances. */
  readonly checksPerSecond: number;
}

export interface Trial extends Verdict {
  readonly fault: string;
  /** Acknowledged revocations that an instance lets pass in the end, or that Redis does not hold, each in words. */
  readonly lost: readonly string[];
  /** What the instances said about themselves from the beginning, warnings and errors alone. */
  readonly said: readonly string[];
}

/** One fault, while tokens are revoked and asked about. */
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

/** Makes the tokens known to an instance. */
async function expectPasses(world: FaultWorld, side: Side, tokens: readonly Token[]): Promise<void> {
  for (const token of tokens) {
    const { status, body } = await sendMessage(world, side, token);
    if (status !== PASSED) throw new Error(`before the fault a good token is answered ${status} at ${side}: ${body}`);
  }
}

/** Something that is asked all the time. */
interface Stream {
  readonly lastFailureMs: number;
  /** When the request was sent that waits longest for its answer; `Infinity` where none waits. */
  readonly oldestMs: number;
}

/** Resolves with when both feeds were seen to be fresh, once everything passes as well; `Infinity` where that takes too long. */
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
