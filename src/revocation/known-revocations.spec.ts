import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KnownRevocations } from './known-revocations.ts';

const NOW_SECONDS = 1_000;
const MARK = 'sallyport:notbefore:own:sub-1';

function make(maxEntries = 100) {
  const clock = { nowMs: NOW_SECONDS * 1000, wallMs: () => clock.nowMs };
  return { clock, known: new KnownRevocations({ clock, maxEntries }) };
}

function entry(key: string, expiresAtSeconds?: number, value = '') {
  return { key, value, expiresAtSeconds };
}

describe('KnownRevocations', () => {
  it('remembers entries until their time is over, or they are forgotten', () => {
    const { clock, known } = make();
    for (const added of [entry('a', NOW_SECONDS + 10), entry('b'), entry('c')]) known.add(added);
    known.forget('c');
    expect(known.keys()).toEqual(['a', 'b']);
    clock.nowMs += 10_000;
    expect([known.find('a'), known.find('b'), known.reachOf('a')]).toEqual([undefined, entry('b'), undefined]);
    expect(known.size).toBe(1);
  });

  it('tells whom an entry ends', () => {
    const { known } = make();
    for (const added of [entry('a'), entry(MARK, undefined, '500')]) known.add(added);
    expect(known.reachOf('a')).toEqual({ issuedUpToSeconds: Infinity, fromSeconds: -Infinity });
    expect(known.reachOf(MARK)).toMatchObject({ issuedUpToSeconds: 500 });
    expect(known.reachOf('never heard of')).toBeUndefined();
  });

  it('never weakens what it knows', () => {
    const { known } = make();
    known.add(entry(MARK, NOW_SECONDS + 50, '500'));
    known.add(entry(MARK, NOW_SECONDS + 10, '400'));
    expect(known.find(MARK)).toEqual(entry(MARK, NOW_SECONDS + 50, '500'));
  });

  it('makes room where there is none: first of what is over, then of what ends first', () => {
    const { clock, known } = make(10);
    for (let index = 0; index < 10; index++) known.add(entry(`over ${index}`, NOW_SECONDS + 1));
    clock.nowMs += 1_000;
    known.add(entry('never'));
    expect(known.keys()).toEqual(['never']);
    for (let index = 20; index > 10; index--) known.add(entry(`${index}`, NOW_SECONDS + index));
    expect(known.keys()).toEqual(['never', '20', '19', '18', '17', '16', '15', '14', '13']);
  });

  it('never holds more than it may, and drops nothing that ends later than what it keeps', () => {
    const ends = fc.array(fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }), { maxLength: 60 });
    fc.assert(
      fc.property(ends, fc.integer({ min: 1, max: 15 }), (added, maxEntries) => {
        const { known } = make(maxEntries);
        for (const [index, end] of added.entries()) {
          const before = new Map(known.keys().map((key) => [key, known.find(key)?.expiresAtSeconds ?? Infinity]));
          const expiresAtSeconds = end && NOW_SECONDS + end;
          known.add(entry(`${index}`, expiresAtSeconds));
          before.set(`${index}`, expiresAtSeconds ?? Infinity);
          const kept = new Set(known.keys());
          expect(kept.size).toBeLessThanOrEqual(maxEntries);
          const dropped = [...before].filter(([key]) => !kept.has(key)).map(([, at]) => at);
          const first = Math.min(...[...before].filter(([key]) => kept.has(key)).map(([, at]) => at));
          expect(Math.max(-Infinity, ...dropped)).toBeLessThanOrEqual(first);
        }
      }),
    );
  });
});
