import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeCredential } from '../../test/support/core.ts';
import type { StoreRead } from '../../test/support/revocation/standings.ts';
import { MAX_STALENESS_MS, StandingsFixture } from '../../test/support/revocation/standings.ts';
import type { Verdict } from '../core/standing.ts';
import type { VerifiedCredential } from '../core/verified-credential.ts';

const ALLOWED_MS = 4_000;
const TOKENS = [['a', 'b'], ['b', 'c'], ['d']] as const;

const key = fc.constantFrom('a', 'b', 'c', 'd');
const nth = fc.nat(3);
const token = fc.nat(TOKENS.length - 1);
const STEPS = {
  /** Another instance revokes, and the store acknowledges. */
  revoke: fc.tuple(key),
  /** This instance revokes. */
  revokeHere: fc.tuple(key),
  /** An entry is rewritten or expires. */
  touch: fc.tuple(key),
  /** A heartbeat is sent; the feed is late until it is delivered. */
  beat: fc.tuple(),
  deliver: fc.tuple(),
  /** The feed breaks: pending reports are lost, and nothing arrives until it is rebuilt. */
  breakOff: fc.tuple(),
  rebuild: fc.tuple(),
  ask: fc.tuple(token),
  /** The store takes the snapshot that will answer a pending question. */
  read: fc.tuple(nth),
  answer: fc.tuple(nth),
  fail: fc.tuple(nth),
  /** More entries are used than fit. */
  crowd: fc.tuple(),
  pass: fc.tuple(fc.nat(600)),
  /** The process is suspended for five seconds. */
  stop: fc.tuple(),
  /** A clock fails, in the way of the run. */
  jump: fc.tuple(fc.oneof(fc.integer({ min: -8_000, max: 8_000 }), fc.integer({ min: -1_000, max: 1_000 }))),
  decide: fc.tuple(token, fc.nat(150)),
} as const;
type StepName = keyof typeof STEPS;
/** The weights of the steps; 1 for the others. */
const WEIGHTS: Partial<Record<StepName, number>> = {
  revoke: 3,
  beat: 6,
  deliver: 6,
  breakOff: 2,
  rebuild: 3,
  ask: 6,
  read: 4,
  answer: 10,
  pass: 6,
  jump: 2,
  decide: 12,
};
// One arbitrary per name, so that shrinking keeps whole steps.
const step = fc.oneof(
  ...(Object.keys(STEPS) as StepName[]).map((what) => ({
    weight: WEIGHTS[what] ?? 1,
    arbitrary: fc.record({ what: fc.constant(what), values: STEPS[what] as fc.Arbitrary<readonly unknown[]> }),
  })),
);

/** How a machine's clocks fail. Not both at once, which no code could notice. */
type ClockFault = 'the machine is suspended and its monotonic clock stops' | 'the wall clock is set';

/** Standings with a feed and a store, and the true time, which only the model knows. */
class World {
  readonly fixture = new StandingsFixture({ maxEntries: 5, allowKnownForMs: ALLOWED_MS });
  readonly verdicts: [Verdict, Verdict][] = [];
  private readonly clockFault: ClockFault;
  private readonly tokens = TOKENS.map((keys) => this.fixture.token(...keys));
  private readonly revokedAtMs = new Map<string, number>();
  private readonly snapshots = new Map<StoreRead, readonly (string | undefined)[]>();
  private feed: (() => void)[] = [];
  private feedIsUp = true;
  private feedIsNew = false;
  private trueMs = 0;
  /** When a clock last failed; no decision of this model spans that time. */
  private jumpedAtMs = Number.NEGATIVE_INFINITY;

  constructor(clockFault: ClockFault) {
    this.clockFault = clockFault;
  }

  async play(what: StepName, [first, second]: readonly unknown[]): Promise<void> {
    // STEPS gives the types of the values.
    const [name, number] = [first as string, first as number];
    if (what === 'revoke') this.revoke(name);
    else if (what === 'revokeHere') this.revokeHere(name);
    else if (what === 'touch') this.report(() => this.fixture.standings.changed([name]));
    else if (what === 'beat') this.beat();
    else if (what === 'deliver') for (const report of this.feed.splice(0, 3)) report();
    else if (what === 'breakOff') this.breakOff();
    else if (what === 'rebuild') this.rebuild();
    else if (what === 'ask') this.fixture.standings.refresh(this.tokenAt(number)).catch(() => undefined);
    else if (what === 'read') this.read(number);
    else if (what === 'answer') await this.answer(number);
    else if (what === 'fail') await this.fail(number);
    else if (what === 'crowd') this.fixture.token('v', 'w', 'x', 'y');
    else if (what === 'pass') this.pass(number);
    else if (what === 'stop') this.pass(5_000);
    else if (what === 'jump') this.jump(number);
    else this.decide(number, second as number);
  }

  end(): void {
    for (const question of this.fixture.questions) question.resolve(this.snapshot(question));
  }

  private report(report: () => void): void {
    if (this.feedIsUp) this.feed.push(report);
  }

  private revoke(name: string): void {
    if (!this.revokedAtMs.has(name)) this.revokedAtMs.set(name, this.trueMs);
    this.report(() => this.fixture.standings.changed([name]));
  }

  private revokeHere(name: string): void {
    this.fixture.standings.changed([name]);
    this.revoke(name);
  }

  private beat(): void {
    const { nowMs, wallMs, standings } = this.fixture;
    this.report(() => {
      if (this.feedIsNew) standings.lost();
      this.feedIsNew = false;
      standings.heardUpTo(nowMs, wallMs);
    });
  }

  private breakOff(): void {
    this.feed = [];
    this.feedIsUp = false;
    this.fixture.standings.brokenOff(new Error('cut'));
  }

  private rebuild(): void {
    this.feedIsNew ||= !this.feedIsUp;
    this.feedIsUp = true;
  }

  private tokenAt(index: number): VerifiedCredential {
    return this.tokens[index] ?? makeCredential();
  }

  private openQuestion(index: number): StoreRead | undefined {
    return this.fixture.questions.filter(({ isOpen }) => isOpen)[index];
  }

  private snapshot({ keys }: StoreRead): readonly (string | undefined)[] {
    return keys.map((one) => (this.revokedAtMs.has(one) ? '' : undefined));
  }

  private read(index: number): void {
    const question = this.openQuestion(index);
    if (question !== undefined && !this.snapshots.has(question)) this.snapshots.set(question, this.snapshot(question));
  }

  private async answer(index: number): Promise<void> {
    const question = this.openQuestion(index);
    question?.resolve(this.snapshots.get(question) ?? this.snapshot(question));
    await setImmediate();
  }

  private async fail(index: number): Promise<void> {
    this.openQuestion(index)?.reject(new Error('gone'));
    await setImmediate();
  }

  private pass(ms: number): void {
    this.trueMs += ms;
    this.fixture.pass(ms);
  }

  private jump(ms: number): void {
    this.jumpedAtMs = this.fixture.nowMs;
    if (this.clockFault === 'the wall clock is set') {
      this.fixture.wallMs += ms;
      return;
    }
    this.trueMs += Math.abs(ms);
    this.fixture.wallMs += Math.abs(ms);
  }

  private decide(index: number, beganAgoMs: number): void {
    const credential = this.tokenAt(index);
    const { nowMs, standings } = this.fixture;
    const beganMs = Math.max(nowMs - beganAgoMs, this.jumpedAtMs);
    const beganTrueMs = this.trueMs - (nowMs - beganMs);
    const verdict = this.fixture.judge(credential, beganMs);
    const lenient = this.fixture.judge(credential, beganMs, 0, standings.outageFreshness);
    const endedAtMs = Math.min(...credential.standings.map((entry) => this.revokedAtMs.get(entry.key) ?? Infinity));
    if (beganTrueMs > endedAtMs + MAX_STALENESS_MS) expect(verdict).not.toBe('clear');
    if (beganTrueMs > endedAtMs + ALLOWED_MS) expect(lenient).not.toBe('clear');
    if (endedAtMs === Infinity) expect([verdict, lenient]).not.toContain('revoked');
    if (verdict !== 'unknown') expect(lenient).toBe(verdict);
    this.verdicts.push([verdict, lenient]);
  }
}

/** The number of runs; `npm run test:faults` sets more. */
const RUNS = Number(process.env['PROMISE_RUNS'] ?? 1_000);

it.each<ClockFault>(['the machine is suspended and its monotonic clock stops', 'the wall clock is set'])(
  'Standings keep the promise in any order of changes, heartbeats, answers, losses and evictions, when %s',
  async (clockFault) => {
    const verdicts: [Verdict, Verdict][] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (steps) => {
        const world = new World(clockFault);
        for (const { what, values } of steps) await world.play(what, values);
        verdicts.push(...world.verdicts);
        world.end();
      }),
      { numRuns: RUNS },
    );
    // Every verdict must occur, or the model proves nothing.
    for (const verdict of ['clear', 'revoked', 'unknown']) {
      expect(verdicts.filter(([strict]) => strict === verdict).length).toBeGreaterThan(50);
    }
    expect(verdicts.filter(([strict, lenient]) => strict === 'unknown' && lenient === 'clear').length).toBeGreaterThan(
      20,
    );
  },
);
