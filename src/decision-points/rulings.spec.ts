import { describe, expect, it } from 'vitest';
import { makeCredential } from '../../test/support/core.ts';
import type { Ruling, RulingQuestion } from '../core/condition/ruling.ts';
import { Rulings } from './rulings.ts';

const PERMITTED: Ruling = { outcome: 'permitted' };

/** Rulings of one decision point, whose answers and clocks the test sets. */
class Bench {
  readonly asked: string[] = [];
  monotonicMs = 1_000;
  wallMs = 1_800_000_000_000;
  answer: () => Promise<Ruling> = async () => PERMITTED;
  readonly rulings: Rulings;
  readonly credential = makeCredential();

  constructor(cacheMs = 500) {
    const ask = (body: string): Promise<Ruling> => {
      this.asked.push(body);
      return this.answer();
    };
    const clock = { monotonicMs: () => this.monotonicMs, wallMs: () => this.wallMs };
    this.rulings = new Rulings({ points: new Map([['opa', { cacheMs, ask }]]), clock });
  }

  question(body = 'q', credential = this.credential): RulingQuestion {
    return { decisionPoint: 'opa', credential, body };
  }

  find(question = this.question()): Ruling | undefined {
    return this.rulings.find(question, { monotonicMs: this.monotonicMs, wallMs: this.wallMs });
  }

  pass(ms: number): void {
    this.monotonicMs += ms;
    this.wallMs += ms;
  }
}

describe('Rulings', () => {
  it.each<Ruling>([PERMITTED, { outcome: 'refused' }])(
    'remember %j for the same credential and question',
    async (ruling) => {
      const bench = new Bench();
      bench.answer = async () => ruling;
      expect(bench.find()).toBeUndefined();
      expect(await bench.rulings.ask(bench.question())).toEqual(ruling);
      bench.pass(499);
      expect(bench.find()).toEqual(ruling);
      expect(bench.find(bench.question('other'))).toBeUndefined();
      expect(bench.find({ ...bench.question(), decisionPoint: 'other' })).toBeUndefined();
      bench.pass(1);
      expect(bench.find()).toBeUndefined();
    },
  );

  it('never answer for another credential, even an equal one', async () => {
    const bench = new Bench();
    await bench.rulings.ask(bench.question());
    expect(bench.find(bench.question('q', makeCredential()))).toBeUndefined();
  });

  it('count from when the question was sent', async () => {
    const bench = new Bench();
    bench.answer = async () => {
      bench.pass(400);
      return PERMITTED;
    };
    await bench.rulings.ask(bench.question());
    bench.pass(99);
    expect(bench.find()).toEqual(PERMITTED);
    bench.pass(1);
    expect(bench.find()).toBeUndefined();
  });

  it.each([
    ['the monotonic clock stands still while the machine sleeps', 0, 500],
    ['the wall clock is set back', 0, -500],
    ['the wall clock stands still', 500, 0],
  ])('end when %s', async (_what, monotonicMs, wallMs) => {
    const bench = new Bench();
    await bench.rulings.ask(bench.question());
    bench.monotonicMs += monotonicMs;
    bench.wallMs += wallMs;
    expect(bench.find()).toBeUndefined();
  });

  it('remember no failure', async () => {
    const bench = new Bench();
    bench.answer = async () => ({ outcome: 'failed', failure: 'no answer' });
    await bench.rulings.ask(bench.question());
    expect(bench.find()).toBeUndefined();
  });

  it('remember nothing with cache: 0s, nor of a token that must be introspected each time', async () => {
    const open = new Bench(0);
    await open.rulings.ask(open.question());
    expect(open.find()).toBeUndefined();
    const bench = new Bench();
    const question = bench.question('q', makeCredential({ uncacheable: true }));
    await bench.rulings.ask(question);
    expect(bench.find(question)).toBeUndefined();
  });

  it('ask once for questions that are equal and run at a time', async () => {
    const bench = new Bench(0);
    const same = [bench.question(), bench.question()];
    await Promise.all(
      [...same, bench.question('other'), bench.question('q', makeCredential())].map((one) => bench.rulings.ask(one)),
    );
    expect(bench.asked.toSorted()).toEqual(['other', 'q', 'q']);
    await bench.rulings.ask(bench.question());
    expect(bench.asked).toHaveLength(4);
  });

  it('fail for a decision point that is not configured', async () => {
    const bench = new Bench();
    const question = { ...bench.question(), decisionPoint: 'other' };
    expect(await bench.rulings.ask(question)).toEqual({ outcome: 'failed', failure: 'not configured' });
  });
});
