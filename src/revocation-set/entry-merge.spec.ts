import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RevocationEntry } from './entry.ts';
import { mergeEntries } from './entry-merge.ts';

const MARK = 'sallyport:notbefore:own:account-1';
const TOKEN = 'sallyport:revoked:own:token-1';

const expiry = fc.option(fc.nat(), { nil: undefined });
const marks = entries(MARK, fc.oneof(fc.nat().map(String), fc.constant('soon')));
const revocations = entries(
  TOKEN,
  fc.oneof(
    fc.nat().map((at) => `{"at":${at}}`),
    fc.nat().map((at) => `after:${at}`),
    fc.constant(''),
  ),
);
const histories = fc.oneof(marks, revocations);

describe('mergeEntries()', () => {
  it('is never weaker than the existing or the added entry', () => {
    fc.assert(
      fc.property(histories, ([first, ...others]) => {
        let existing = first;
        for (const added of others) {
          const merged = mergeEntries(existing, added);
          expect(merged.key).toBe(existing.key);
          expect(endOf(merged)).toBe(Math.max(endOf(existing), endOf(added)));
          expect(strength(merged)).toBe(Math.max(strength(existing), strength(added)));
          existing = merged;
        }
      }),
    );
  });

  it('gives the same result in any order of writes', () => {
    const orders = histories.chain((written) =>
      fc.tuple(fc.constant(written), fc.shuffledSubarray(written, { minLength: written.length })),
    );
    fc.assert(
      fc.property(orders, ([written, shuffled]) => {
        const [one, other] = [mergeAll(written), mergeAll(shuffled)];
        expect([endOf(one), strength(one)]).toEqual([endOf(other), strength(other)]);
        if (one.key === MARK) expect(one).toEqual(other);
      }),
    );
  });

  it('does not change an entry that is written again', () => {
    fc.assert(
      fc.property(histories, ([entry]) => {
        expect(mergeEntries(entry, entry)).toEqual(entry);
      }),
    );
  });

  it.each([
    { key: TOKEN, existing: '{"at":1}', added: '{"at":2}', value: '{"at":1}' },
    { key: TOKEN, existing: 'after:20', added: 'after:10', value: 'after:20' },
    { key: TOKEN, existing: ' after:20\n', added: 'after:soon', value: 'after:soon' },
    { key: TOKEN, existing: 'after:soon', added: '{"at":2}', value: 'after:soon' },
    { key: MARK, existing: '9', added: '10', value: '10' },
    { key: MARK, existing: ' 10 ', added: '10', value: ' 10 ' },
    { key: MARK, existing: 'soon', added: '10', value: 'soon' },
  ])('of $existing and $added at $key is $value', ({ key, existing, added, value }) => {
    expect(mergeEntries(entryOf(key, existing), entryOf(key, added)).value).toBe(value);
  });
});

/** At least one entry, all with the same key. */
function entries(key: string, value: fc.Arbitrary<string>): fc.Arbitrary<[RevocationEntry, ...RevocationEntry[]]> {
  const entry = fc.record({ key: fc.constant(key), value, expiresAtSeconds: expiry });
  return fc.tuple(entry, fc.array(entry, { maxLength: 6 })).map(([first, others]) => [first, ...others]);
}

function entryOf(key: string, value: string): RevocationEntry {
  return { key, value, expiresAtSeconds: undefined };
}

function mergeAll(written: readonly RevocationEntry[]): RevocationEntry {
  return written.reduce((existing, added) => mergeEntries(existing, added));
}

function endOf(entry: RevocationEntry): number {
  return entry.expiresAtSeconds ?? Number.POSITIVE_INFINITY;
}

/** How much an entry ends: a mark by its time, any other by whether it applies at once. */
function strength({ key, value }: RevocationEntry): number {
  if (key === MARK) return value === 'soon' ? Number.POSITIVE_INFINITY : Number(value);
  return value.startsWith('after:') ? 0 : 1;
}
