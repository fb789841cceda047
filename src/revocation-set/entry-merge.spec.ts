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
  it('never weakens what stands, nor what is added', () => {
    fc.assert(
      fc.property(histories, ([first, ...others]) => {
        let standing = first;
        for (const added of others) {
          const merged = mergeEntries(standing, added);
          expect(merged.key).toBe(standing.key);
          expect(endOf(merged)).toBe(Math.max(endOf(standing), endOf(added)));
          expect(strength(merged)).toBe(Math.max(strength(standing), strength(added)));
          standing = merged;
        }
      }),
    );
  });

  it('comes to the same end in whatever order entries are written', () => {
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

  it('leaves an entry as it is where it is written again', () => {
    fc.assert(
      fc.property(histories, ([entry]) => {
        expect(mergeEntries(entry, entry)).toEqual(entry);
      }),
    );
  });

  it.each([
    { key: TOKEN, standing: '{"at":1}', added: '{"at":2}', value: '{"at":1}' },
    { key: TOKEN, standing: 'after:20', added: 'after:10', value: 'after:20' },
    { key: TOKEN, standing: ' after:20\n', added: 'after:soon', value: 'after:soon' },
    { key: TOKEN, standing: 'after:soon', added: '{"at":2}', value: 'after:soon' },
    { key: MARK, standing: '9', added: '10', value: '10' },
    { key: MARK, standing: ' 10 ', added: '10', value: ' 10 ' },
    { key: MARK, standing: 'soon', added: '10', value: 'soon' },
  ])('$standing and then $added at $key is $value', ({ key, standing, added, value }) => {
    expect(mergeEntries(entryOf(key, standing), entryOf(key, added)).value).toBe(value);
  });
});

/** At least one entry of one key. */
function entries(key: string, value: fc.Arbitrary<string>): fc.Arbitrary<[RevocationEntry, ...RevocationEntry[]]> {
  const entry = fc.record({ key: fc.constant(key), value, expiresAtSeconds: expiry });
  return fc.tuple(entry, fc.array(entry, { maxLength: 6 })).map(([first, others]) => [first, ...others]);
}

function entryOf(key: string, value: string): RevocationEntry {
  return { key, value, expiresAtSeconds: undefined };
}

function mergeAll(written: readonly RevocationEntry[]): RevocationEntry {
  return written.reduce((standing, added) => mergeEntries(standing, added));
}

function endOf(entry: RevocationEntry): number {
  return entry.expiresAtSeconds ?? Number.POSITIVE_INFINITY;
}

/** How much an entry ends: a mark by its height, any other by whether it waits. */
function strength({ key, value }: RevocationEntry): number {
  if (key === MARK) return value === 'soon' ? Number.POSITIVE_INFINITY : Number(value);
  return value.startsWith('after:') ? 0 : 1;
}
