import { describe, expect, it } from 'vitest';
import { VerificationPace } from './verification-pace.ts';

/** Milliseconds of a verification in these tests: four fit into a turn. */
const COST_MS = 0.125;

/** A pace whose turns and clock the test owns. */
class Bench {
  nowMs = 0;
  room = Number.POSITIVE_INFINITY;
  readonly begun: string[] = [];
  private turns: (() => void)[] = [];
  readonly pace = new VerificationPace({
    clock: { monotonicMs: () => this.nowMs },
    hasRoom: () => this.room > 0,
    nextTurn: (run) => this.turns.push(run),
  });

  /** Verifies a token of a client; it takes {@link COST_MS}. */
  verify(token: string, client?: string, waitMs = 75): Promise<string> {
    const verify = (): string => {
      this.begun.push(token);
      this.nowMs += COST_MS;
      this.room -= 1;
      return token;
    };
    return Promise.resolve(this.pace.run(verify, () => client, waitMs));
  }

  /** The next turn of the event loop; returns what began in it. */
  turn(): readonly string[] {
    const before = this.begun.length;
    for (const run of this.turns.splice(0)) run();
    return this.begun.slice(before);
  }

  get hasTurn(): boolean {
    return this.turns.length > 0;
  }
}

describe('VerificationPace', () => {
  it('begins at once, without a promise, while there is time in this turn', () => {
    const { pace } = new Bench();
    expect(pace.run(() => 'verified', undefined, 75)).toBe('verified');
  });

  it('begins for half a millisecond in each turn of the event loop', async () => {
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
    expect(() => bench.pace.run(broken, undefined, 75)).toThrow('broken');
    bench.nowMs += 1;
    const later = bench.pace.run(broken, undefined, 75);
    bench.turn();
    await expect(later).rejects.toThrow('broken');
  });
});
