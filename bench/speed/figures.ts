/** Figures of the same thing from several rounds. */
export class Figures {
  private readonly all: number[] = [];

  add(figure: number): void {
    this.all.push(figure);
  }

  get median(): number {
    const sorted = this.all.toSorted((left, right) => left - right);
    const half = sorted.length >> 1;
    return sorted.length % 2 === 1 ? (sorted[half] ?? Number.NaN) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
  }

  /** `12.3 (11.9–14.0)`: the median, the lowest and the highest. */
  text(digits = 1): string {
    if (this.all.length === 0) return '-';
    const [low, high] = [Math.min(...this.all), Math.max(...this.all)];
    return `${this.median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
  }
}

/** What was measured of one contender, by the name of the column. */
export type Row = Map<string, Figures>;

/** A table of figures with a row for each contender. */
export class Table {
  readonly rows = new Map<string, Row>();

  add(contender: string, column: string, figure: number): void {
    const row = this.rows.get(contender) ?? new Map<string, Figures>();
    this.rows.set(contender, row);
    const figures = row.get(column) ?? new Figures();
    row.set(column, figures);
    figures.add(figure);
  }

  median(contender: string, column: string): number {
    return this.rows.get(contender)?.get(column)?.median ?? Number.NaN;
  }

  /** As a table of Markdown. */
  text(): string {
    const columns = [...new Set([...this.rows.values()].flatMap((row) => [...row.keys()]))];
    const lines = Array.from(this.rows, ([name, row]) => [name, ...columns.map((column) => cell(row.get(column)))]);
    const head = ['', ...columns];
    return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  }
}

function cell(figures: Figures | undefined): string {
  return figures === undefined ? '' : figures.text(figures.median < 100 ? 1 : 0);
}
