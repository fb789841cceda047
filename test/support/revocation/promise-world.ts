import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { VerifiedCredential } from '../../../src/core/credential/verified-credential.ts';
import type { Verdict } from '../../../src/core/standing.ts';
import { makeCredential } from '../core.ts';
import type { StoreRead } from './standings.ts';
import { MAX_STALENESS_MS, StandingsFixture } from './standings.ts';

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
/** What happens in one step of a run. */
export type StepName = keyof typeof STEPS;

/** How often a step occurs among the others; 1 for those that are not named. */
type Weights = Partial<Record<StepName, number>>;

/** Returns an arbitrary of one step. */
export function stepOf(weights: Weights) {
  // One arbitrary per name, so that shrinking keeps whole steps.
  return fc.oneof(
    ...(Object.keys(STEPS) as StepName[]).map((what) => ({
      weight: weights[what] ?? 1,
      arbitrary: fc.record({ what: fc.constant(what), values: STEPS[what] as fc.Arbitrary<readonly unknown[]> }),
    })),
  );
}

/** How a machine's clocks fail. Not both at once, which no code could notice. */
export const CLOCK_FAULTS = [
  'the machine is suspended and its monotonic clock stops',
  'the wall clock is set',
] as const;

type ClockFault = (typeof CLOCK_FAULTS)[number];

/**
 * Standings with a feed and a store, and the true time, which only the model knows. Checks each verdict against the
 * promise.
 */
export class World {
  readonly fixture: StandingsFixture;
  readonly verdicts: [Verdict, Verdict][] = [];
  private readonly clockFault: ClockFault;
  private readonly tokens: readonly VerifiedCredential[];
  private readonly revokedAtMs = new Map<string, number>();
  private readonly snapshots = new Map<StoreRead, readonly (string | undefined)[]>();
  private feed: (() => void)[] = [];
  private feedIsUp = true;
  private feedIsNew = false;
  /** The true time in milliseconds. */
  trueMs = 0;
  /** When a clock last failed; no decision of this model spans that time. */
  private jumpedAtMs = Number.NEGATIVE_INFINITY;

  /** @param keepMs the longest time for which an answer may be kept. */
  constructor(clockFault: ClockFault, keepMs = 0) {
    this.clockFault = clockFault;
    this.fixture = new StandingsFixture({ maxEntries: 5, keepMs, allowKnownForMs: ALLOWED_MS });
    this.tokens = TOKENS.map((keys) => ({ ...this.fixture.token(...keys), validUntilMs: Number.POSITIVE_INFINITY }));
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

  /** The monotonic time so many milliseconds ago, but not before a clock failed. */
  monotonicAgo(ms: number): number {
    return Math.max(this.fixture.nowMs - ms, this.jumpedAtMs);
  }

  /** The true time at which a revocation of the token was acknowledged; `Infinity` if none was. */
  endOf({ standings }: VerifiedCredential): number {
    return Math.min(...standings.map((entry) => this.revokedAtMs.get(entry.key) ?? Number.POSITIVE_INFINITY));
  }

  /** Ends a run: answers every open question. */
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

  tokenAt(index: number): VerifiedCredential {
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
    const beganMs = this.monotonicAgo(beganAgoMs);
    const beganTrueMs = this.trueMs - (nowMs - beganMs);
    const verdict = this.fixture.judge(credential, beganMs);
    const lenient = this.fixture.judge(credential, beganMs, 0, standings.outageFreshness);
    const endedAtMs = this.endOf(credential);
    if (beganTrueMs > endedAtMs + MAX_STALENESS_MS) expect(verdict).not.toBe('clear');
    if (beganTrueMs > endedAtMs + ALLOWED_MS) expect(lenient).not.toBe('clear');
    if (endedAtMs === Infinity) expect([verdict, lenient]).not.toContain('revoked');
    if (verdict !== 'unknown') expect(lenient).toBe(verdict);
    this.verdicts.push([verdict, lenient]);
  }
}
