import type { SQLOutputValue } from 'node:sqlite';

/** A row as `node:sqlite` returns it; hands other than ours write to the file, so each column is looked at. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Text that must be there; throws otherwise, as the others do. */
export function asText(row: Row | undefined, column: string): string {
  const value = row?.[column];
  return typeof value === 'string' ? value : refuse(column, 'text');
}

/** A number that must be there. */
export function asNumber(row: Row | undefined, column: string): number {
  const value = row?.[column];
  return typeof value === 'number' ? value : refuse(column, 'a number');
}

/** What a column holds, or `undefined` for NULL. */
export function optional<Value>(
  read: (row: Row, column: string) => Value,
  row: Row,
  column: string,
): Value | undefined {
  return row[column] === null ? undefined : read(row, column);
}

/** A list of strings, kept as JSON. */
export function asTexts(row: Row, column: string): readonly string[] {
  const list: unknown = JSON.parse(asText(row, column));
  return Array.isArray(list) && list.every((item) => typeof item === 'string')
    ? list
    : refuse(column, 'a list of strings');
}

function refuse(column: string, expected: string): never {
  throw new Error(`column "${column}" does not hold ${expected}`);
}
