import { describe, expect, it } from 'vitest';
import { VerificationPace } from './verification-pace.ts';

/** Milliseconds of a verification in these tests: four fit into a turn. */
const COST_MS = 0.0625;

const overload = (): string => 'overload';

/** A pace whose turns and clock the test owns. */
class Bench {
  nowMs = 0;
  room = Number.POSITIVE_INFINITY;
  readonly begun: string[] = [];
  private turns: (() => void)[] = [];
  private timers: (readonly [run: () => void, atMs: number])[] = [];
  readonly pace = new VerificationPace({
    clock: { monotonicMs: () => this.nowMs },
    hasRoom: () => this.room > 0,
    nextTurn: (run) => this.turns.push(run),
    afterwards: (run) => run(),
    later: (run, ms) => this.timers.push([run, this.nowMs + ms]),
  });

  /** Verifies a token of a client; it takes {@link COST_MS}. */
  verify(token: string, client?: string, waitMs = 75): Promise<string> {
    const verify = (): string => {
      this.begun.push(token);
      this.nowMs += COST_MS;
      this.room -= 1;
      return token;
    };
    return Promise.resolve(this.pace.run<string>(verify, overload, () => client, waitMs));
  }

  /** The next turn of the event loop; returns what began in it. */
  turn(): readonly string[] {
    const before = this.begun.length;
    for (const run of this.turns.splice(0)) run();
    return this.begun.slice(before);
  }

  /** Passes the time, and runs the timers that are due. */
  pass(ms: number): void {
    this.nowMs += ms;
    const due = this.timers.filter(([, atMs]) => atMs <= this.nowMs);
    this.timers = this.timers.filter(([, atMs]) => atMs > this.nowMs);
    for (const [run] of due) run();
  }

  get hasTurn(): boolean {
    return this.turns.length > 0;
  }
}

describe('VerificationPace', () => {
  it('begins at once, without a promise, while there is time in this turn', () => {
    const { pace } = new Bench();
    expect(pace.run(() => 'verified', overload, undefined, 75)).toBe('verified');
  });

  it('begins for a quarter of a millisecond in each turn of the event loop', async () => {
    const bench = new Bench();
    const all = Array.from({ length: 10 }, (_, index) => bench.verify(`t${index}`));
    expect(bench.begun).toEqual(['t0', 't1', 't2', 't3']);
    expect(bench.turn()).toEqual(['t4', 't5', 't6', 't7']);
    expect(bench.turn()).toEqual(['t8', 't9']);
    expect(await Promise.all(all)).toHaveLength(10);
    expect([bench.turn(), bench.hasTurn]).toEqual([[], false]);
  });

  it('counts what else this turn has done', () => {
    const bench = new Bench();
    void bench.verify('first');
    bench.nowMs += 1;
    void bench.verify('second');
    expect(bench.begun).toEqual(['first']);
    expect(bench.turn()).toEqual(['second']);
  });

  it('asks for no turn while nothing waits', () => {
    const bench = new Bench();
    expect(bench.hasTurn).toBe(false);
    void bench.verify('first');
    bench.turn();
    expect(bench.hasTurn).toBe(false);
  });

  it('serves a client within a turn although another one floods it', async () => {
    const bench = new Bench();
    const flood = Array.from({ length: 1_000 }, (_, index) => bench.verify(`bad ${index}`, '198.51.100.9', 500));
    const good = bench.verify('good', '203.0.113.7');
    expect(bench.turn()).toContain('good');
    expect(await good).toBe('good');
    while (bench.hasTurn) bench.turn();
    expect(new Set(await Promise.all(flood)).has('overload')).toBe(false);
  });

  it('takes the addresses of one IPv6 network as one client', () => {
    const bench = new Bench();
    for (let index = 0; index < 500; index++) void bench.verify(`bad ${index}`, `2001:db8::${index.toString(16)}`);
    void bench.verify('good', '2001:db8:1::1');
    expect(bench.turn()).toContain('good');
  });

  it('is bounded: what finds no room is overload at once, for that client alone', async () => {
    const bench = new Bench();
    const flood = Array.from({ length: 3_000 }, (_, index) => bench.verify(`bad ${index}`, '198.51.100.9'));
    const good = bench.verify('good', '203.0.113.7');
    expect(bench.pace.waiting).toBeLessThanOrEqual(1_100);
    while (bench.hasTurn) bench.turn();
    const results = await Promise.all(flood);
    expect(results.filter((result) => result === 'overload').length).toBeGreaterThan(1_900);
    expect(await good).toBe('good');
  });

  it('gives up what could not begin in time, without a verification', async () => {
    const bench = new Bench();
    for (let index = 0; index < 5; index++) void bench.verify(`t${index}`);
    const late = bench.verify('late', undefined, 75);
    bench.nowMs += 75;
    expect(bench.turn()).toEqual([]);
    expect(await late).toBe('overload');
  });

  it('gives up in time what no turn comes for, and leaves the rest', async () => {
    const bench = new Bench();
    bench.room = 0;
    const [first, second] = [bench.verify('first', undefined, 75), bench.verify('second', undefined, 100)];
    bench.pass(75);
    bench.turn();
    expect([await first, bench.pace.waiting]).toEqual(['overload', 1]);
    bench.pass(25);
    bench.turn();
    expect([await second, bench.pace.waiting, bench.begun]).toEqual(['overload', 0, []]);
  });

  it('gives up as many in one turn as there is time for', async () => {
    const bench = new Bench();
    bench.room = 0;
    const late = Array.from({ length: 40 }, (_, index) =>
      bench.pace.run(
        () => 'verified',
        () => {
          bench.nowMs += COST_MS / 2;
          return `late ${index}`;
        },
        undefined,
        75,
      ),
    );
    bench.pass(75);
    const counts: number[] = [];
    for (let before = bench.nowMs; bench.hasTurn; before = bench.nowMs) {
      bench.turn();
      counts.push((bench.nowMs - before) / (COST_MS / 2));
    }
    expect(counts).toEqual([8, 8, 8, 8, 8]);
    expect(new Set(await Promise.all(late.map(async (one) => one))).size).toBe(40);
  });

  it('goes on with what a thread has answered before it begins with others, within the same time', () => {
    const bench = new Bench();
    bench.room = 4;
    for (let index = 0; index < 8; index++) void bench.verify(`t${index}`);
    const work: string[] = [];
    for (let index = 0; index < 6; index++) {
      bench.pace.goOn(() => {
        work.push(`answer ${index}`);
        bench.nowMs += COST_MS;
      });
    }
    bench.room = 10;
    bench.pace.resume();
    expect([bench.turn(), work]).toEqual([[], ['answer 0', 'answer 1', 'answer 2', 'answer 3']]);
    expect([bench.turn(), work.slice(4)]).toEqual([
      ['t4', 't5'],
      ['answer 4', 'answer 5'],
    ]);
  });

  it('begins nothing without room, and goes on when it hears of some', async () => {
    const bench = new Bench();
    bench.room = 2;
    const all = ['a', 'b', 'c', 'd'].map((token) => bench.verify(token));
    expect(bench.begun).toEqual(['a', 'b']);
    expect([bench.turn(), bench.hasTurn]).toEqual([[], false]);
    bench.room = 10;
    bench.pace.resume();
    expect(bench.turn()).toEqual(['c', 'd']);
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('rejects with a verification that breaks, now or later', async () => {
    const bench = new Bench();
    const broken = (): never => {
      throw new Error('broken');
    };
    expect(() => bench.pace.run(broken, broken, undefined, 75)).toThrow('broken');
    bench.nowMs += 1;
    const later = bench.pace.run(broken, broken, undefined, 75);
    bench.turn();
    await expect(later).rejects.toThrow('broken');
  });
});
