import { printable } from '../../lib/wording.ts';

/** Rows in columns that are as wide as their longest cell. The first row holds the headings. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const table = rows.map((cells) => cells.map(printable));
  const widths = table[0]?.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0))) ?? [];
  const lines = table.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
