import type { SQLOutputValue } from 'node:sqlite';

/** A row from `node:sqlite`. Other programs may write to the file, so each column is checked. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Returns the string in a column. Throws if it holds anything else, as the functions below do. */
export function asString(row: Row | undefined, column: string): string {
  const value = row?.[column];
  return typeof value === 'string' ? value : refuse(column, 'a string');
}

/** Returns the number in a column. */
export function asNumber(row: Row | undefined, column: string): number {
  const value = row?.[column];
  return typeof value === 'number' ? value : refuse(column, 'a number');
}

/** Returns the value of a column, or `undefined` for NULL. */
export function optional<Value>(
  read: (row: Row, column: string) => Value,
  row: Row,
  column: string,
): Value | undefined {
  return row[column] === null ? undefined : read(row, column);
}

/** Returns the list of strings in a column, stored as JSON. */
export function asStrings(row: Row, column: string): readonly string[] {
  const list: unknown = JSON.parse(asString(row, column));
  return Array.isArray(list) && list.every((item) => typeof item === 'string')
    ? list
    : refuse(column, 'a list of strings');
}

function refuse(column: string, expected: string): never {
  throw new Error(`column "${column}" does not hold ${expected}`);
}
