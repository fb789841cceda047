import type { Metric } from './metric.ts';
import { mergeSamples } from './metric-values.ts';
import type { Sample } from './samples.ts';

/** `Content-Type` of Prometheus's text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** The metrics of the other processes of this instance. */
export interface OtherMetrics {
  /** Asks each process for its current values; resolves when they have answered, or soon. Never rejects. */
  gather(reader: number): Promise<void>;
  /** What the processes answered last, and what processes that have ended had counted. */
  samplesOf(name: string): Iterable<readonly Sample[]>;
}

/** All metrics, in Prometheus's text format 0.0.4. */
export class Metrics {
  private readonly metrics = new Map<string, Metric>();
  private readonly reader: number;
  private readonly others: () => OtherMetrics | undefined;

  /**
   * @param reader the number of the one who reads them.
   * @param others returns the other processes of this instance; `undefined`: there are none.
   */
  constructor(reader = 0, others: () => OtherMetrics | undefined = () => undefined) {
    this.reader = reader;
    this.others = others;
  }

  /** Throws if the name is invalid or already in use. */
  add(metric: Metric): void {
    if (!NAME.test(metric.name)) throw new Error(`not a metric name: '${metric.name}'`);
    if (this.metrics.has(metric.name)) throw new Error(`the metric '${metric.name}' already exists`);
    this.metrics.set(metric.name, metric);
  }

  /** Prepares a read: afterwards, the values of all processes are current. */
  async gather(): Promise<void> {
    await this.others()?.gather(this.reader);
  }

  /** Yields every metric in the order of addition, with the values of all processes. */
  *all(): Generator<Metric> {
    const others = this.others();
    for (const metric of this.metrics.values()) {
      if (others === undefined) yield metric;
      else yield { ...metric, read: () => mergeSamples(metric, metric.read(), others.samplesOf(metric.name)) };
    }
  }

  /** Yields line by line, because the metrics of a large route map are megabytes. */
  *lines(): Generator<string> {
    for (const { name, help, type, read } of this.all()) {
      yield `# HELP ${name} ${help.replace(/[\\\n]/g, escape)}\n`;
      yield `# TYPE ${name} ${type}\n`;
      for (const { suffix = '', labels, value } of read()) {
        yield `${name}${suffix}${writeLabels(labels)} ${writeValue(value)}\n`;
      }
    }
  }
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
