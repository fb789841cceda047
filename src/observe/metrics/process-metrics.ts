import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readVersion } from '../../lib/version.ts';
import { single } from './metric.ts';
import type { Metrics } from './metrics.ts';

const DELAY_SAMPLED_EVERY_MS = 10;

/** Adds metrics of the process's resources and its event loop. Returns a function that stops the measurement. */
export function addProcessMetrics(metrics: Metrics): () => void {
  addUsage(metrics);
  metrics.add({
    name: 'sallyport_build_info',
    help: 'Always 1; the labels are the versions.',
    type: 'gauge',
    across: 'own',
    read: () => [{ labels: { version: readVersion(), node: process.version }, value: 1 }],
  });
  return addEventLoopDelay(metrics);
}

function addUsage(metrics: Metrics): void {
  const gauge = (name: string, help: string, read: () => number, across: 'sum' | 'own' = 'sum'): void =>
    metrics.add({ name, help, type: 'gauge', read: () => single(read()), across });
  metrics.add({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time of the process, and of its workers.',
    type: 'counter',
    read: () => single(cpuSeconds()),
  });
  gauge(
    'process_start_time_seconds',
    'Unix time at which the process started.',
    () => performance.timeOrigin / 1_000,
    'own',
  );
  gauge('process_resident_memory_bytes', 'Resident memory of the process, and of its workers.', () =>
    process.memoryUsage.rss(),
  );
  gauge('nodejs_heap_size_used_bytes', 'Used part of the JavaScript heap.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_heap_size_total_bytes', 'Size of the JavaScript heap.', () => process.memoryUsage().heapTotal);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Measures the mean, 99th percentile and maximum since the last read. */
function addEventLoopDelay(metrics: Metrics): () => void {
  const delays = monitorEventLoopDelay({ resolution: DELAY_SAMPLED_EVERY_MS });
  delays.enable();
  metrics.add({
    name: 'nodejs_eventloop_delay_seconds',
    help: 'Delay of the event loop since the last scrape.',
    type: 'gauge',
    across: 'max',
    read: () => {
      const read = { mean: delays.mean, p99: delays.percentile(99), max: delays.max };
      delays.reset();
      return Object.entries(read).map(([statistic, ns]) => ({ labels: { statistic }, value: delaySeconds(ns) }));
    },
  });
  return () => void delays.disable();
}

/** Subtracts the sampling interval, which the measured value includes. The value is NaN or 0 before any sample. */
function delaySeconds(nanoseconds: number): number {
  return Math.max(0, (nanoseconds || 0) / 1e9 - DELAY_SAMPLED_EVERY_MS / 1e3);
}
