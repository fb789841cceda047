import { expect, it } from 'vitest';
import { readCursor, writeCursor } from './list-cursor.ts';

it.each([
  { createdAtSeconds: 1_800_000_000, id: 'Q9S5qcKzJXRRl5OddnrSo' },
  { createdAtSeconds: 1_800_000_000.125, id: '_-0' },
  { createdAtSeconds: 0, id: 'a' },
])('readCursor() reads what writeCursor() wrote of %j', (position) => {
  expect(readCursor(writeCursor(position))).toEqual(position);
});

it.each(['', 'Q9S5qcKzJXRRl5OddnrSo', '1.', '.a', '-1.a', '1e3.a', '1.a.b', '1.a b', 'Infinity.a'])(
  'readCursor() reads nothing of "%s"',
  (text) => {
    expect(readCursor(text)).toBeUndefined();
  },
);
