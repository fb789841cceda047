/** The parsed metrics: the value of each series. */
export class Exposition {
  private readonly series: ReadonlyMap<string, number>;

  constructor(series: ReadonlyMap<string, number>) {
    this.series = series;
  }

  /** Returns the value of the series with exactly these labels; `undefined` without one. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    return this.series.get(keyOf(name, Object.entries(labels)));
  }

  /** Returns all series of one metric, by `{"label":"value"}` in the order of the labels' names. */
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

/** Parses Prometheus's text format 0.0.4. Throws at anything that the format or its conventions forbid. */
export function parseExposition(text: string): Exposition {
  const series = new Map<string, number>();
  const seen = new Set<string>();
  let family: Family | undefined;
  if (!text.endsWith('\n')) throw new Error('the last line has no newline');
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
  if (seen.has(name)) throw new Error(`a repeated family: ${line}`);
  seen.add(name);
  return { name };
}

function typeFamily(line: string, family: Family | undefined): void {
  const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
  if (family?.name !== name || family.type !== undefined || !TYPES.includes(type)) throw new Error(`bad type: ${line}`);
  if ((type === 'counter') !== name.endsWith('_total'))
    throw new Error(`only the name of a counter ends in _total: ${line}`);
  family.type = type;
}

function addSample(line: string, family: Family | undefined, series: Map<string, number>): void {
  const [, name = '', written = '', number = ''] = SAMPLE.exec(line) ?? [];
  const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (family?.type === undefined || !suffixes.some((suffix) => name === family.name + suffix)) {
    throw new Error(`bad sample: ${line}`);
  }
  const key = keyOf(name, parseLabels(written));
  if (series.has(key)) throw new Error(`a repeated series: ${line}`);
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
  if (new Set(labels.map(([name]) => name)).size < labels.length) throw new Error(`a repeated label: ${written}`);
  return labels;
}

function keyOf(name: string, labels: readonly (readonly [string, string])[]): string {
  const sorted = labels.toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `${name}${JSON.stringify(Object.fromEntries(sorted))}`;
}
