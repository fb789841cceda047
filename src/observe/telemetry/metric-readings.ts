import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { CollectionResult, DataPoint, Histogram, MetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { Metric } from '../metrics/metric.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Sample } from '../metrics/samples.ts';

/** Units, by the end of a metric's name without `_total`. */
const UNITS: readonly (readonly [string, string])[] = [
  ['_seconds', 's'],
  ['_bytes', 'By'],
];

/**
 * Reads the metrics of `/metrics` for OpenTelemetry, under the same names and with the same values: they are counted
 * once, and both read the cells. Counters are cumulative since the start of the process.
 */
export class MetricReadings implements MetricProducer {
  private readonly metrics: Metrics;
  private readonly scope: string;
  private readonly startTime = timeOf(performance.timeOrigin);

  constructor(metrics: Metrics, scope: string) {
    this.metrics = metrics;
    this.scope = scope;
  }

  async collect(): Promise<CollectionResult> {
    await this.metrics.gather();
    const times = { startTime: this.startTime, endTime: timeOf(Date.now()) };
    const metrics = Array.from(this.metrics.all(), (metric) => readMetric(metric, times));
    // The reader takes the resource from the SDK.
    const resource = resourceFromAttributes({});
    return { resourceMetrics: { resource, scopeMetrics: [{ scope: { name: this.scope }, metrics }] }, errors: [] };
  }
}

type Times = Pick<DataPoint<number>, 'startTime' | 'endTime'>;

function readMetric({ name, help, type, read }: Metric, times: Times): MetricData {
  const common = {
    descriptor: { name, description: help, unit: unitOf(name), valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (type === 'histogram') {
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histogramsOf(read(), times) };
  }
  const dataPoints = Array.from(read(), ({ labels, value }) => ({ ...times, attributes: { ...labels }, value }));
  return type === 'gauge'
    ? { ...common, dataPointType: DataPointType.GAUGE, dataPoints }
    : { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

function unitOf(name: string): string {
  const base = name.replace(/_total$/, '');
  return UNITS.find(([end]) => base.endsWith(end))?.[1] ?? '';
}

/** Puts together what Prometheus's format takes apart: its buckets include all lower ones, those of OTLP do not. */
function histogramsOf(samples: Iterable<Sample>, times: Times): DataPoint<Histogram>[] {
  const points = new Map<string, { labels: Sample['labels']; value: Histogram; below: number }>();
  for (const { suffix, labels: all, value } of samples) {
    const { le, ...labels } = all;
    const key = JSON.stringify(Object.entries(labels));
    const buckets: Histogram['buckets'] = { boundaries: [], counts: [] };
    const empty = { labels, value: { buckets, sum: 0, count: 0 }, below: 0 };
    const point = points.get(key) ?? empty;
    points.set(key, point);
    if (suffix === '_sum') point.value = { ...point.value, sum: value };
    if (suffix === '_count') point.value = { ...point.value, count: value };
    if (suffix !== '_bucket' || le === undefined) continue;
    point.value.buckets.counts.push(value - point.below);
    point.below = value;
    if (le !== '+Inf') point.value.buckets.boundaries.push(Number(le));
  }
  return Array.from(points.values(), ({ labels, value }) => ({ ...times, attributes: labels, value }));
}

function timeOf(unixMs: number): HrTime {
  return [Math.floor(unixMs / 1_000), Math.round((unixMs % 1_000) * 1e6)];
}
