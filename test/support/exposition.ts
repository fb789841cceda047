/** What was scraped: every series' value. */
export class Exposition {
  private readonly series: ReadonlyMap<string, number>;

  constructor(series: ReadonlyMap<string, number>) {
    this.series = series;
  }

  /** The series with exactly these labels; `undefined` where there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    return this.series.get(keyOf(name, Object.entries(labels)));
  }

  /** All series of one metric, as `{"label":"value"}` in the order of the labels' names. */
  all(name: string): Record<string, number> {
    const own = [...this.series].filter(([key]) => key.startsWith(`${name}{`));
    return Object.fromEntries(own.map(([key, value]) => [key.slice(name.length), value]));
  }
}

interface Family {
  readonly name: string;
  type?: string;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/s;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/;

/** Reads Prometheus's text format 0.0.4, and throws at whatever the format or its conventions do not allow. */
export function parseExposition(text: string): Exposition {
  const series = new Map<string, number>();
  const seen = new Set<string>();
  let family: Family | undefined;
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.slice(0, -1).split('\n')) {
    if (line.startsWith('# HELP ')) family = openFamily(line, seen);
    else if (line.startsWith('# TYPE ')) typeFamily(line, family);
    else addSample(line, family, series);
  }
  return new Exposition(series);
}

function openFamily(line: string, seen: Set<string>): Family {
  const [, name = '', help = ''] = /^# HELP (\S+) (.+)$/s.exec(line) ?? [];
  if (!NAME.test(name) || /\\(?![\\n])/.test(help)) throw new Error(`bad help: ${line}`);
  if (seen.has(name)) throw new Error(`told twice: ${line}`);
  seen.add(name);
  return { name };
}

function typeFamily(line: string, family: Family | undefined): void {
  const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
  if (family?.name !== name || family.type !== undefined || !TYPES.includes(type)) throw new Error(`bad type: ${line}`);
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`only a counter is a total: ${line}`);
  family.type = type;
}

function addSample(line: string, family: Family | undefined, series: Map<string, number>): void {
  const [, name = '', written = '', number = ''] = SAMPLE.exec(line) ?? [];
  const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (family?.type === undefined || !suffixes.some((suffix) => name === family.name + suffix)) {
    throw new Error(`bad sample: ${line}`);
  }
  const key = keyOf(name, parseLabels(written));
  if (series.has(key)) throw new Error(`a series twice: ${line}`);
  series.set(key, Number(number.replace('Inf', 'Infinity')));
}

function parseLabels(written: string): [string, string][] {
  const labels: [string, string][] = [];
  for (let rest = written; rest !== ''; ) {
    const [whole, name = '', value = ''] = LABEL.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`bad labels: ${written}`);
    labels.push([name, value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))]);
    rest = rest.slice(whole.length);
  }
  if (new Set(labels.map(([name]) => name)).size < labels.length) throw new Error(`a label twice: ${written}`);
  return labels;
}

function keyOf(name: string, labels: readonly (readonly [string, string])[]): string {
  const sorted = labels.toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `${name}${JSON.stringify(Object.fromEntries(sorted))}`;
}
