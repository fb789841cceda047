import type { Sample } from './samples.ts';

/** `Content-Type` of Prometheus's text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** One metric: what it is called and means, and where its values come from when somebody reads them. */
export interface Metric {
  /** Counters end in `_total`; units are base units: seconds, bytes. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Every sample differs from the others in labels or suffix. */
  readonly read: () => Iterable<Sample>;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** All metrics, in Prometheus's text format 0.0.4. */
export class Metrics {
  private readonly metrics = new Map<string, Metric>();

  /** Throws where the name is none, or taken. */
  add(metric: Metric): void {
    if (!NAME.test(metric.name)) throw new Error(`not a name of a metric: '${metric.name}'`);
    if (this.metrics.has(metric.name)) throw new Error(`there is a metric '${metric.name}' already`);
    this.metrics.set(metric.name, metric);
  }

  /** Line by line: a large route map's metrics are megabytes, and need not be written in one breath. */
  *lines(): Generator<string> {
    for (const { name, help, type, read } of this.metrics.values()) {
      yield `# HELP ${name} ${help.replace(/[\\\n]/g, escape)}\n`;
      yield `# TYPE ${name} ${type}\n`;
      for (const { suffix = '', labels, value } of read()) {
        yield `${name}${suffix}${writeLabels(labels)} ${writeValue(value)}\n`;
      }
    }
  }
}

/** A metric's one value, `undefined` for none. */
export function* single(value: number | undefined): Generator<Sample> {
  if (value !== undefined) yield { labels: {}, value };
}

function writeLabels(labels: Sample['labels']): string {
  const written = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\\n"]/g, escape)}"`);
  return written.length === 0 ? '' : `{${written.join(',')}}`;
}

function escape(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}

function writeValue(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
