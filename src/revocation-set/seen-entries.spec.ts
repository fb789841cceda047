import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeUndone } from '../core/revocation-entry.ts';
import { ENTRY_GRACE_SECONDS, writeAttribution } from './entry.ts';
import { SeenEntries } from './seen-entries.ts';

const NOW_SECONDS = 1_000;
const GRACE_MS = ENTRY_GRACE_SECONDS * 1_000;
const MARK = 'sallyport:notbefore:own:sub-1';

function make(maxEntries = 100) {
  const clock = { nowMs: NOW_SECONDS * 1000, wallMs: () => clock.nowMs };
  return { clock, known: new SeenEntries({ clock, maxEntries }) };
}

function entry(key: string, expiresAtSeconds?: number, value = '') {
  return { key, value, expiresAtSeconds };
}

describe('KnownRevocations', () => {
  it('remembers entries until a day after their end, or they are forgotten', () => {
    const { clock, known } = make();
    for (const added of [entry('a', NOW_SECONDS + 10), entry('b'), entry('c')]) known.add(added);
    known.forget('c');
    expect(known.keys()).toEqual(['a', 'b']);
    clock.nowMs += 9_999 + GRACE_MS;
    expect(known.find('a')).toEqual(entry('a', NOW_SECONDS + 10));
    clock.nowMs += 1;
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

  describe('of what was taken back', () => {
    const revoked = (value: string) => entry('a', NOW_SECONDS + 10, value);
    const undone = revoked(writeUndone({ undoes: 'R' }));

    it.each<[what: string, seen: readonly { readonly value: string }[], ends: boolean]>([
      ['counts no more', [revoked('R'), undone], false],
      ['counts for another value, which may be later', [revoked('S'), undone], true],
      ['counts again once it is revoked again, also with the same words', [revoked('R'), undone, revoked('R')], true],
      ['counts no more where it was not known', [undone], false],
      ['is taken back again', [revoked('R'), undone, revoked('S'), revoked(writeUndone({ undoes: 'S' }))], false],
    ])('%s', (_what, seen, ends) => {
      for (const how of ['add', 'learn'] as const) {
        const { known } = make();
        for (const { value } of seen) known[how](revoked(value));
        expect([known.reachOf('a') !== undefined, known.isUndone('a')]).toEqual([ends, !ends]);
      }
    });

    it('remembers the value as it stands in the store, so that it is taken back by that', () => {
      const { known } = make();
      known.add(revoked('mine'));
      known.learn(revoked('R'));
      known.learn(undone);
      expect(known.isUndone('a')).toBe(true);
    });
  });

  it('remembers what has begun, until it is forgotten or taken back', () => {
    const { known } = make();
    for (const key of ['a', 'b']) {
      known.add(entry(key, undefined, 'after:5000'));
      known.begun(key);
      expect(known.reachOf(key)).toMatchObject({ fromSeconds: -Infinity });
    }
    known.forget('a');
    known.add(entry('a', undefined, 'after:5000'));
    known.add(entry('b', undefined, writeUndone({ undoes: 'after:5000' })));
    known.add(entry('b', undefined, 'after:5000'));
    for (const key of ['a', 'b']) expect(known.reachOf(key)).toMatchObject({ fromSeconds: 5_000 });
    known.begun('never heard of');
    expect(known.reachOf('never heard of')).toBeUndefined();
  });

  it('makes room where there is none: first of what is over, then of what ends first', () => {
    const { clock, known } = make(10);
    for (let index = 0; index < 10; index++) known.add(entry(`over ${index}`, NOW_SECONDS + 1));
    clock.nowMs += 1_000 + GRACE_MS;
    known.add(entry('never'));
    expect(known.keys()).toEqual(['never']);
    for (let index = 20; index > 10; index--) known.add(entry(`${index}`, NOW_SECONDS + index + ENTRY_GRACE_SECONDS));
    expect(known.keys()).toEqual(['never', '20', '19', '18', '17', '16', '15', '14', '13']);
  });

  it('drops first what is for tokens without a record, however late it ends', () => {
    const { known } = make(10);
    const unrecorded = writeAttribution({ at: 1, by: 'eve', unrecorded: true });
    for (let index = 0; index < 5; index++)
      known.add(entry(`real ${index}`, NOW_SECONDS + 60, writeAttribution({ at: 1, by: 'ada' })));
    for (let index = 0; index < 100; index++)
      known.add(entry(`made up ${index}`, NOW_SECONDS + 31_536_000, unrecorded));
    expect(known.keys().slice(0, 5)).toEqual(['real 0', 'real 1', 'real 2', 'real 3', 'real 4']);
    expect(known.size).toBeLessThanOrEqual(10);
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
