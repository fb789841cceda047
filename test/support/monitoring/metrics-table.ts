import { readFileSync } from 'node:fs';

const PAGE = new URL('../../../docs/observability.md', import.meta.url);

/** The labels of each metric in the table of docs/observability.md, by the metric's name. */
export function documentedMetrics(): ReadonlyMap<string, readonly string[]> {
  const [, section = ''] = /^## Metrics\n([^]*?)^## /m.exec(readFileSync(PAGE, 'utf8')) ?? [];
  const cells = Array.from(section.matchAll(/^\| (`.*?`) \|/gm), ([, cell = '']) => cell);
  const names = cells.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)(?:\{([\w,]+)\})?`/g)));
  return new Map(names.map(([, name = '', labels]) => [name, labels?.split(',') ?? []]));
}
