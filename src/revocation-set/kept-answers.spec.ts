import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeMoment, makePolicy, makeRequest, makeRoute } from '../../test/support/core.ts';
import { CLOCK_FAULTS, stepOf, World } from '../../test/support/revocation/promise-world.ts';
import { MAX_STALENESS_MS } from '../../test/support/revocation/standings.ts';
import { authorize } from '../core/authorize.ts';

const REQUEST = makeRequest({ authorization: 'Bearer t' });
const POLICY = makePolicy([makeRoute()]);

/** A request that the gateway let pass. */
interface Pass {
  readonly isKept: boolean;
  /** Whether a revocation of the token had been acknowledged. */
  readonly isRevoked: boolean;
}

/**
 * A gateway that keeps each answer as long as it may, counted from when it sent the question. Its own clock is right. Checks
 * each request that it lets pass against the promise.
 */
class KeepingGateway {
  readonly passes: Pass[] = [];
  private readonly world: World;
  /** By the index of the token, the true time at which the kept answer ends. */
  private readonly kept = new Map<number, number>();

  constructor(world: World) {
    this.world = world;
  }

  /** @param sentAgoMs how long ago it sent the question that is answered now, if it must ask. */
  serve(index: number, sentAgoMs: number): void {
    const { world, kept } = this;
    const credential = world.tokenAt(index);
    const isKept = world.trueMs < (kept.get(index) ?? 0);
    if (!isKept && !this.question(index, sentAgoMs)) return;
    const passedAtMs = isKept ? world.trueMs : world.trueMs - sentAgoMs;
    const endedAtMs = world.endOf(credential);
    expect(passedAtMs).toBeLessThanOrEqual(endedAtMs + MAX_STALENESS_MS);
    this.passes.push({ isKept, isRevoked: passedAtMs > endedAtMs });
  }

  /** Asks about a token, and keeps an allow. Returns whether the token may pass. */
  private question(index: number, sentAgoMs: number): boolean {
    const { world, kept } = this;
    const credential = world.tokenAt(index);
    const { nowMs: monotonicMs, wallMs, standings } = world.fixture;
    const moment = makeMoment({ monotonicMs, wallMs, beganMs: world.monotonicAgo(sentAgoMs), mayAsk: false });
    const decision = authorize(REQUEST, POLICY, { find: () => credential }, standings.freshness, moment);
    if (decision.outcome !== 'allow') {
      kept.delete(index);
      return false;
    }
    const endsAtMs = world.trueMs - sentAgoMs + decision.keepMs;
    // The last moment at which it could let a request pass.
    if (decision.keepMs > 0) expect(endsAtMs).toBeLessThanOrEqual(world.endOf(credential) + MAX_STALENESS_MS);
    kept.set(index, endsAtMs);
    return true;
  }
}

const WEIGHTS = { revoke: 4, beat: 8, deliver: 8, rebuild: 4, pass: 8, jump: 4, decide: 0 };
const token = fc.nat(2);
const serve = fc.record({ what: fc.constant('serve' as const), values: fc.tuple(token, fc.nat(150)) });
const learn = fc.record({ what: fc.constant('learn' as const), values: fc.tuple(token) });
const other = stepOf(WEIGHTS);
const step = fc.oneof(
  { weight: 8, arbitrary: serve },
  { weight: 3, arbitrary: learn },
  { weight: 12, arbitrary: other },
);

/** The store answers each question at once. */
async function learnOf(world: World, index: number): Promise<void> {
  await world.play('ask', [index]);
  for (let open = 0; open < 4; open++) await world.play('answer', [0]);
}

/** The number of runs; `npm run test:faults` sets more. */
const RUNS = Number(process.env['PROMISE_RUNS'] ?? 300);

it.each(CLOCK_FAULTS)(
  'a gateway that keeps answers as long as they say keeps the promise in any order of events, when %s',
  async (clockFault) => {
    const passes: Pass[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 200, size: 'max' }), async (steps) => {
        // The whole of maxStaleness may be kept: the hardest case.
        const world = new World(clockFault, MAX_STALENESS_MS);
        const gateway = new KeepingGateway(world);
        for (const { what, values } of steps) {
          if (what === 'serve') gateway.serve(...values);
          else if (what === 'learn') await learnOf(world, ...values);
          else await world.play(what, values);
        }
        passes.push(...gateway.passes);
        world.end();
      }),
      { numRuns: RUNS },
    );
    const counted = (isKept: boolean, isRevoked: boolean): number =>
      passes.filter((pass) => pass.isKept === isKept && pass.isRevoked === isRevoked).length;
    // Each must occur, or the model proves nothing.
    expect(counted(true, false)).toBeGreaterThan(50);
    expect(counted(true, true)).toBeGreaterThan(20);
    expect(counted(false, false)).toBeGreaterThan(50);
  },
);
