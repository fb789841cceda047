import type { Table } from './figures.ts';

const [WIDTH, LEFT, RIGHT, TOP, LINE, BAR] = [860, 250, 110, 58, 30, 18];
const ENVOY = '#4c78a8';
const AUTHORIZER = '#f58518';

/** Draws the whole chain as SVG: a bar for each row, in CPU microseconds, with the authorizer's part in another colour. */
export function chainPicture(table: Table, caption: string): string {
  const rows = Array.from(table.rows.keys(), (name) => {
    const chain = table.median(name, 'chain CPU µs');
    const authorizer = table.median(name, 'of which the authorizer');
    return { name, chain, authorizer: Number.isNaN(authorizer) ? 0 : authorizer };
  });
  const most = Math.max(...rows.map(({ chain }) => chain));
  const scale = (WIDTH - LEFT - RIGHT) / most;
  const height = TOP + rows.length * LINE + 16;
  const bars = rows.flatMap(({ name, chain, authorizer }, index) => {
    const y = TOP + index * LINE;
    const envoyWidth = (chain - authorizer) * scale;
    return [
      label(LEFT - 10, y + BAR - 4, name, 'end'),
      bar(LEFT, y, envoyWidth, ENVOY),
      bar(LEFT + envoyWidth, y, authorizer * scale, AUTHORIZER),
      label(LEFT + chain * scale + 8, y + BAR - 4, `${chain.toFixed(1)} µs`, 'start'),
    ];
  });
  const key = [
    bar(LEFT, 30, BAR, ENVOY),
    label(LEFT + BAR + 6, 44, 'Envoy', 'start'),
    bar(LEFT + 90, 30, BAR, AUTHORIZER),
    label(LEFT + 90 + BAR + 6, 44, 'the authorizer', 'start'),
  ];
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#24292f">`,
    `<title>${escaped(caption)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    label(16, 20, caption, 'start'),
    ...key,
    ...bars,
    '</svg>',
  ].join('\n')}\n`;
}

function bar(x: number, y: number, width: number, fill: string): string {
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${fill}"/>`;
}

function label(x: number, y: number, text: string, anchor: 'start' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
