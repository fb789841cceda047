import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Answer, Moment, Watch } from '../../docs/internal-api/typescript/kept-answers.ts';
import { KeptAnswers } from '../../docs/internal-api/typescript/kept-answers.ts';
import { feedAgeMs } from '../../src/core/standing.ts';
import type { WatchMessage } from '../../src/revocation/revocation-watch.ts';
import { RevocationWatch } from '../../src/revocation/revocation-watch.ts';
import { makeFreshness } from '../support/core.ts';

const MAX_STALENESS_MS = 1_000;
/** What the drift of one clock amounts to within `maxStaleness`, and rounding. */
const TOLERANCE_MS = 2;
const QUESTIONS = [['a', 'x'], ['b', 'x'], ['c']] as const;

const key = fc.constantFrom('a', 'b', 'c', 'x');
const instance = fc.nat(1);
const stream = fc.nat(2);
const question = fc.nat(QUESTIONS.length - 1);
const STEPS = {
  /** The store executes a write, and acknowledges it after a while. */
  revoke: fc.tuple(key, fc.nat(300)),
  /** An instance sends its heartbeat; it and the reports before it are delivered in order. */
  heartbeat: fc.tuple(instance),
  deliver: fc.tuple(instance, fc.nat(4)),
  breakFeed: fc.tuple(instance),
  rebuildFeed: fc.tuple(instance),
  /** The client opens a stream, the request arrives, messages are written, and messages arrive. */
  open: fc.tuple(instance),
  arrive: fc.tuple(stream),
  write: fc.tuple(stream),
  receive: fc.tuple(stream, fc.nat(3)),
  breakStream: fc.tuple(stream),
  /** The client asks an instance, which decides, and the answer arrives. */
  ask: fc.tuple(question, instance),
  decide: fc.tuple(fc.nat(3)),
  answer: fc.tuple(fc.nat(3)),
  use: fc.tuple(question),
  pass: fc.tuple(fc.nat(400)),
  /** All goes well for so many tenths of a second. */
  calm: fc.tuple(fc.nat(15)),
  /** A call that takes no time. */
  askQuickly: fc.tuple(question, instance),
  /** Both machines of the client and of an instance fail in the way of the run. */
  fail: fc.tuple(fc.nat(2), fc.integer({ min: -5_000, max: 20_000 })),
} as const;
type StepName = keyof typeof STEPS;
const WEIGHTS: Partial<Record<StepName, number>> = {
  revoke: 2,
  heartbeat: 8,
  deliver: 10,
  rebuildFeed: 2,
  open: 3,
  arrive: 6,
  write: 12,
  receive: 14,
  ask: 8,
  decide: 10,
  answer: 10,
  use: 16,
  pass: 10,
  calm: 12,
  askQuickly: 14,
};
// One arbitrary per name, so that shrinking keeps whole steps.
const step = fc.oneof(
  ...(Object.keys(STEPS) as StepName[]).map((what) => ({
    weight: WEIGHTS[what] ?? 1,
    arbitrary: fc.record({ what: fc.constant(what), values: STEPS[what] as fc.Arbitrary<readonly unknown[]> }),
  })),
);

/** How clocks fail in a run. Not both ways at once, which no code could notice. */
type ClockFault = 'the monotonic clock stands still' | 'the wall clock is set';

/** A machine's clocks, each up to 500 ppm wrong. */
class Machine {
  readonly now: () => Moment;
  private monotonicOffsetMs: number;
  private wallOffsetMs: number;

  constructor(trueMs: () => number, rate: number, startMs: number) {
    this.monotonicOffsetMs = startMs;
    this.wallOffsetMs = 1_800_000_000_000 + startMs;
    this.now = () => ({
      monotonicMs: trueMs() * rate + this.monotonicOffsetMs,
      wallMs: trueMs() * rate + this.wallOffsetMs,
    });
  }

  standStill(forMs: number): void {
    this.monotonicOffsetMs -= forMs;
  }

  setWall(byMs: number): void {
    this.wallOffsetMs += byMs;
  }
}

type Report = { readonly key: string } | { readonly heardUpTo: Moment };

/** One instance of Sallyport, as far as it matters here: a feed that is late, and streams of the real messages. */
class Instance {
  readonly machine: Machine;
  readonly watches = new Set<RevocationWatch>();
  readonly freshness = { ...makeFreshness({ maxStalenessMs: MAX_STALENESS_MS }) };
  readonly known = new Set<string>();
  queue: Report[] = [];
  feedIsUp = true;
  feedIsNew = false;

  constructor(machine: Machine) {
    this.machine = machine;
    this.hear(machine.now());
  }

  deliver(report: Report, written: ReadonlyMap<string, number>): void {
    if ('key' in report) {
      this.known.add(report.key);
      for (const watch of this.watches) watch.changed([report.key]);
      return;
    }
    if (this.feedIsNew) {
      for (const name of written.keys()) this.known.add(name);
      for (const watch of this.watches) watch.forget('changes missed');
    }
    this.feedIsNew = false;
    this.hear(report.heardUpTo);
  }

  hear({ monotonicMs, wallMs }: Moment): void {
    this.freshness.heardUpToMs = monotonicMs;
    this.freshness.heardUpToWallMs = wallMs;
  }

  begin(): RevocationWatch {
    const watch = new RevocationWatch(this.machine.now(), 60_000, () => {
      const ageMs = feedAgeMs(this.freshness, this.machine.now());
      return ageMs === Number.POSITIVE_INFINITY ? undefined : { ageMs, maxStalenessMs: MAX_STALENESS_MS };
    });
    this.watches.add(watch);
    return watch;
  }

  allows(keys: readonly string[]): boolean {
    return (
      feedAgeMs(this.freshness, this.machine.now()) <= MAX_STALENESS_MS && !keys.some((name) => this.known.has(name))
    );
  }
}

interface Stream {
  readonly instance: Instance;
  readonly watch: Watch;
  atInstance: RevocationWatch | undefined;
  readonly onTheWay: WatchMessage[];
}

interface Call {
  readonly question: number;
  readonly instance: Instance;
  readonly askedAt: Moment;
  answer: Answer | undefined;
}

class World {
  readonly uses: { readonly found: boolean; readonly lateMs: number }[] = [];
  private trueMs = 0;
  private readonly fault: ClockFault;
  private readonly client: Machine;
  private readonly instances: readonly Instance[];
  private readonly kept: KeptAnswers;
  private readonly writtenMs = new Map<string, number>();
  private readonly acknowledgedMs = new Map<string, number>();
  private readonly streams: Stream[] = [];
  private readonly calls: Call[] = [];

  constructor(fault: ClockFault, [client, ...others]: readonly number[]) {
    this.fault = fault;
    const clock = () => this.trueMs;
    this.client = new Machine(clock, client ?? 1, 100_000);
    this.instances = others.map((rate, index) => new Instance(new Machine(clock, rate, 7_000_000 * (index + 1))));
    this.kept = new KeptAnswers(this.client.now);
  }

  play(what: StepName, [first, second]: readonly unknown[]): void {
    // STEPS gives the types of the values.
    const [name, number, other] = [first as string, first as number, second as number];
    const [at, open, call] = [this.instances[number], this.streams[number], this.calls[number]];
    if (what === 'revoke') this.revoke(name, other);
    else if (what === 'pass') this.trueMs += number;
    else if (what === 'calm') this.calm(number);
    else if (what === 'askQuickly') this.askQuickly(number, other);
    else if (what === 'fail') this.fail(number, other);
    else if (what === 'use') this.use(number);
    else if (what === 'ask') this.ask(number, other);
    else if (what === 'open') this.open(at);
    else if (what === 'decide') this.decide(call);
    else if (what === 'answer') this.answer(call);
    else if (at !== undefined && what === 'heartbeat') this.heartbeat(at);
    else if (at !== undefined && what === 'deliver') this.deliver(at, other);
    else if (at !== undefined && what === 'breakFeed') this.breakFeed(at);
    else if (at !== undefined && what === 'rebuildFeed') this.rebuildFeed(at);
    else if (open !== undefined && what === 'arrive') open.atInstance ??= open.instance.begin();
    else if (open !== undefined && what === 'write') this.write(open);
    else if (open !== undefined && what === 'receive') this.receive(open, other);
    else if (open !== undefined && what === 'breakStream') this.breakStream(open);
  }

  private revoke(name: string, laterMs: number): void {
    if (this.writtenMs.has(name)) return;
    this.writtenMs.set(name, this.trueMs);
    this.acknowledgedMs.set(name, this.trueMs + laterMs);
    for (const { feedIsUp, queue } of this.instances) if (feedIsUp) queue.push({ key: name });
  }

  private calm(rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      this.trueMs += 100;
      for (const at of this.instances) {
        this.heartbeat(at);
        this.deliver(at, at.queue.length);
      }
      for (const open of this.streams) {
        open.atInstance ??= open.instance.begin();
        this.write(open);
        this.receive(open, open.onTheWay.length);
      }
    }
  }

  private heartbeat({ feedIsUp, queue, machine }: Instance): void {
    if (feedIsUp) queue.push({ heardUpTo: machine.now() });
  }

  private deliver(at: Instance, count: number): void {
    for (const report of at.queue.splice(0, count)) at.deliver(report, this.writtenMs);
  }

  private breakFeed(at: Instance): void {
    at.feedIsUp = false;
    at.queue = [];
  }

  private rebuildFeed(at: Instance): void {
    if (at.feedIsUp) return;
    at.feedIsUp = true;
    at.feedIsNew = true;
  }

  private open(at: Instance | undefined): void {
    if (at === undefined || this.streams.length > 2) return;
    this.streams.push({ instance: at, watch: this.kept.opens(), atInstance: undefined, onTheWay: [] });
  }

  private write({ instance: at, atInstance, onTheWay }: Stream): void {
    atInstance?.beat();
    for (let next = atInstance?.take(at.machine.now()); next !== undefined; next = atInstance?.take(at.machine.now())) {
      onTheWay.push(next);
      if (next.kind === 'end') return;
    }
  }

  private receive(open: Stream, count: number): void {
    for (const message of open.onTheWay.splice(0, count)) {
      if (message.kind === 'changed') this.kept.changed(message.keys);
      else if (message.kind === 'reset') this.kept.reset();
      else if (message.kind === 'end') this.breakStream(open);
      else {
        const { elapsedMs: elapsed_ms, ageMs: feed_age_ms, maxStalenessMs: max_staleness_ms } = message;
        this.kept.beat(open.watch, { elapsed_ms, feed_age_ms, max_staleness_ms });
      }
    }
  }

  private breakStream(open: Stream): void {
    if (open.atInstance !== undefined) open.instance.watches.delete(open.atInstance);
    this.streams.splice(this.streams.indexOf(open), 1);
    this.kept.ended(open.watch);
  }

  private ask(asked: number, where: number): void {
    const at = this.instances[where];
    if (at === undefined || this.calls.length > 3) return;
    this.calls.push({ question: asked, instance: at, askedAt: this.client.now(), answer: undefined });
  }

  private askQuickly(asked: number, where: number): void {
    const before = this.calls.length;
    this.ask(asked, where);
    const call = this.calls[before];
    this.decide(call);
    this.answer(call);
  }

  private decide(call: Call | undefined): void {
    if (call === undefined || call.answer !== undefined) return;
    const keys = QUESTIONS[call.question] ?? [];
    call.answer = { allowed: call.instance.allows(keys), revocation_keys: keys, watched_keep_ms: 30_000 };
  }

  private answer(call: Call | undefined): void {
    if (call?.answer === undefined) return;
    this.kept.keep(`${call.question}`, call.askedAt, call.answer);
    this.calls.splice(this.calls.indexOf(call), 1);
  }

  private use(asked: number): void {
    const found = this.kept.find(`${asked}`) !== undefined;
    const ended = (QUESTIONS[asked] ?? []).map((name) => this.acknowledgedMs.get(name) ?? Number.POSITIVE_INFINITY);
    this.uses.push({ found, lateMs: found ? this.trueMs - Math.min(...ended) - MAX_STALENESS_MS : 0 });
  }

  /** Time passes, and a clock does not notice it; or a wall clock is set. */
  private fail(which: number, byMs: number): void {
    const machine = [this.client, ...this.instances.map((at) => at.machine)][which];
    if (this.fault === 'the wall clock is set') machine?.setWall(byMs);
    else {
      this.trueMs += Math.abs(byMs);
      machine?.standStill(Math.abs(byMs));
    }
  }
}

const ppm = fc.integer({ min: -500, max: 500 }).map((wrong) => 1 + wrong / 1_000_000);
const RUNS = 3_000;

it.each<ClockFault>(['the monotonic clock stands still', 'the wall clock is set'])(
  'a client that keeps answers uses none later than maxStaleness after a revocation (%s)',
  (fault) => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.tuple(ppm, ppm, ppm),
        fc.array(step, { minLength: 40, maxLength: 250, size: 'max' }),
        (rates, steps) => {
          const world = new World(fault, rates);
          for (const { what, values } of steps) world.play(what, values);
          found += world.uses.filter((use) => use.found).length;
          expect(world.uses.filter(({ lateMs }) => lateMs > TOLERANCE_MS)).toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
    expect(found).toBeGreaterThan(RUNS / 10);
  },
);

it.each([
  [0.9995, 1.0005],
  [1.0005, 0.9995],
])('a client whose clock runs at %d of the true time, and Sallyport at %d, keeps the promise', (clientRate, rate) => {
  const world = new World('the wall clock is set', [clientRate, rate]);
  world.play('open', [0]);
  world.play('arrive', [0]);
  world.play('calm', [500]);
  world.play('askQuickly', [0, 0]);
  world.play('breakFeed', [0]);
  world.play('revoke', ['a', 0]);
  for (let used = 0; used < 1_200; used++) {
    if (used % 100 === 0) {
      world.play('write', [0]);
      world.play('receive', [0, 3]);
    }
    world.play('use', [0]);
    world.play('pass', [1]);
  }
  const found = world.uses.filter((use) => use.found);
  expect(found.length).toBeGreaterThan(800);
  expect(found.at(-1)?.lateMs).toBeLessThanOrEqual(TOLERANCE_MS);
});
