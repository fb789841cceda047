import type { Spread } from './spread.ts';

/** The cells of a row by the names of their columns, in order. */
export type Row = Readonly<Record<string, string>>;

let isHeaded = false;

/** Prints a row, and before the first one the names of the columns. */
export function printRow(row: Row): void {
  if (!isHeaded) print(Object.keys(row));
  isHeaded = true;
  print(Object.values(row));
}

/** Returns three columns of milliseconds: p50, p99 and max. */
export function spread(name: string, figures: Spread): Row {
  return {
    [`${name} p50`]: millis(figures.at(0.5)),
    [`${name} p99`]: millis(figures.at(0.99)),
    [`${name} max`]: millis(figures.at(1)),
  };
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** Formats a figure in thousands. */
export function kilo(figure: number): string {
  return (figure / 1e3).toFixed(1);
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function millis(figure: number): string {
  return Number.isNaN(figure) ? '-' : figure.toFixed(2);
}

function print(cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell) => cell.padStart(11)).join('')}\n`);
}
