import { printable } from '../../lib/wording.ts';
import type { Terminal } from '../command.ts';

/** Prints rows in columns that are as wide as their longest cell. The first row holds the headings. */
export function printTable(rows: readonly (readonly string[])[], { out }: Pick<Terminal, 'out'>): void {
  const table = rows.map((cells) => cells.map(printable));
  const widths = table[0]?.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0))) ?? [];
  for (const cells of table) {
    const line = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    out(`${line.trimEnd()}\n`);
  }
}
