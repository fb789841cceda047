import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readVersion } from '../../lib/version.ts';
import type { Metrics } from './metrics.ts';
import { single } from './metrics.ts';

const DELAY_SAMPLED_EVERY_MS = 10;

/** What the process costs and how long its one thread lets others wait. Returns how to end the measuring. */
export function addProcessMetrics(metrics: Metrics): () => void {
  addUsage(metrics);
  metrics.add({
    name: 'sallyport_build_info',
    help: 'Always 1; its labels say which versions run.',
    type: 'gauge',
    read: () => [{ labels: { version: readVersion(), node: process.version }, value: 1 }],
  });
  return addEventLoopDelay(metrics);
}

function addUsage(metrics: Metrics): void {
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.add({ name, help, type: 'gauge', read: () => single(read()) });
  metrics.add({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time of the process.',
    type: 'counter',
    read: () => single(cpuSeconds()),
  });
  gauge('process_start_time_seconds', 'Unix time at which the process started.', () => performance.timeOrigin / 1_000);
  gauge('process_resident_memory_bytes', 'Resident memory of the process.', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_used_bytes', 'Used part of the JavaScript heap.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_heap_size_total_bytes', 'Size of the JavaScript heap.', () => process.memoryUsage().heapTotal);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Since it was last read: mean, 99th percentile and longest. */
function addEventLoopDelay(metrics: Metrics): () => void {
  const delays = monitorEventLoopDelay({ resolution: DELAY_SAMPLED_EVERY_MS });
  delays.enable();
  metrics.add({
    name: 'nodejs_eventloop_delay_seconds',
    help: 'How late the event loop came to what was due, since the last scrape.',
    type: 'gauge',
    read: () => {
      const read = { mean: delays.mean, p99: delays.percentile(99), max: delays.max };
      delays.reset();
      return Object.entries(read).map(([statistic, ns]) => ({ labels: { statistic }, value: lateSeconds(ns) }));
    },
  });
  return () => void delays.disable();
}

/** What is measured holds the interval itself; nothing was measured yet where it is no number, or zero. */
function lateSeconds(nanoseconds: number): number {
  return Math.max(0, (nanoseconds || 0) / 1e9 - DELAY_SAMPLED_EVERY_MS / 1e3);
}
