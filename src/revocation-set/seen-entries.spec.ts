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

describe('SeenEntries', () => {
  it('remembers entries until a day after their expiry, or until forget()', () => {
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

  it('reachOf() returns which tokens an entry ends', () => {
    const { known } = make();
    for (const added of [entry('a'), entry(MARK, undefined, '500')]) known.add(added);
    expect(known.reachOf('a')).toEqual({ issuedUpToSeconds: Infinity, fromSeconds: -Infinity });
    expect(known.reachOf(MARK)).toMatchObject({ issuedUpToSeconds: 500 });
    expect(known.reachOf('never heard of')).toBeUndefined();
  });

  it('never weakens a known entry', () => {
    const { known } = make();
    known.add(entry(MARK, NOW_SECONDS + 50, '500'));
    known.add(entry(MARK, NOW_SECONDS + 10, '400'));
    expect(known.find(MARK)).toEqual(entry(MARK, NOW_SECONDS + 50, '500'));
  });

  describe('after an undo', () => {
    const revoked = (value: string) => entry('a', NOW_SECONDS + 10, value);
    const undone = revoked(writeUndone({ undoes: 'R' }));

    it.each<[what: string, seen: readonly { readonly value: string }[], ends: boolean]>([
      ['an entry ends nothing', [revoked('R'), undone], false],
      ['another value, which may be later, still applies', [revoked('S'), undone], true],
      ['a repeated revocation applies, even with the same value', [revoked('R'), undone, revoked('R')], true],
      ['an unknown entry ends nothing', [undone], false],
      [
        'a repeated revocation can be undone again',
        [revoked('R'), undone, revoked('S'), revoked(writeUndone({ undoes: 'S' }))],
        false,
      ],
    ])('%s', (_what, seen, ends) => {
      for (const how of ['add', 'learn'] as const) {
        const { known } = make();
        for (const { value } of seen) known[how](revoked(value));
        expect([known.reachOf('a') !== undefined, known.isUndone('a')]).toEqual([ends, !ends]);
      }
    });

    it('remembers the value of the store, so that the undo of that value applies', () => {
      const { known } = make();
      known.add(revoked('mine'));
      known.learn(revoked('R'));
      known.learn(undone);
      expect(known.isUndone('a')).toBe(true);
    });
  });

  it('remembers that an entry has begun until it is forgotten or undone', () => {
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

  it('drops expired entries first, then those that expire first', () => {
    const { clock, known } = make(10);
    for (let index = 0; index < 10; index++) known.add(entry(`over ${index}`, NOW_SECONDS + 1));
    clock.nowMs += 1_000 + GRACE_MS;
    known.add(entry('never'));
    expect(known.keys()).toEqual(['never']);
    for (let index = 20; index > 10; index--) known.add(entry(`${index}`, NOW_SECONDS + index + ENTRY_GRACE_SECONDS));
    expect(known.keys()).toEqual(['never', '20', '19', '18', '17', '16', '15', '14', '13']);
  });

  it('drops entries for tokens without a record first, however late they expire', () => {
    const { known } = make(10);
    const unrecorded = writeAttribution({ at: 1, by: 'eve', unrecorded: true });
    for (let index = 0; index < 5; index++)
      known.add(entry(`real ${index}`, NOW_SECONDS + 60, writeAttribution({ at: 1, by: 'ada' })));
    for (let index = 0; index < 100; index++)
      known.add(entry(`made up ${index}`, NOW_SECONDS + 31_536_000, unrecorded));
    expect(known.keys().slice(0, 5)).toEqual(['real 0', 'real 1', 'real 2', 'real 3', 'real 4']);
    expect(known.size).toBeLessThanOrEqual(10);
  });

  it('never exceeds its capacity, and drops no entry that expires later than a kept one', () => {
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
