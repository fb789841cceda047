import type { Sources, WorkerState } from '../sources.ts';
import type { Metric } from './metric.ts';
import { counter, gauge } from './metric.ts';
import type { Sample } from './samples.ts';

export interface WorkerMetricsParts {
  readonly sources: Pick<Sources, 'workers'>;
}

const STATUSES: readonly WorkerState['status'][] = ['starting', 'ready', 'silent', 'ended'];

/** The processes that decide, if there are several. Without `workers`, these metrics have no values. */
export function workerMetrics({ sources }: WorkerMetricsParts): Metric[] {
  const statuses = (): readonly WorkerState[] => Array.from(sources.workers?.statuses() ?? []);
  const byWorker = (valueOf: (state: WorkerState) => number): readonly Sample[] =>
    statuses().map((state) => ({ labels: { worker: String(state.worker) }, value: valueOf(state) }));
  return [
    gauge(
      'sallyport_workers',
      'Worker processes by status. A silent one does not report, an ended one waits to be replaced.',
      () => countByStatus(statuses()),
      'own',
    ),
    counter('sallyport_worker_replacements_total', 'How often each worker process has been replaced.', () =>
      byWorker(({ replaced }) => replaced),
    ),
    counter(
      'sallyport_worker_decisions_total',
      'Decisions of each worker process: they show how even the load is.',
      () => byWorker(({ decisions }) => decisions),
    ),
  ];
}

function countByStatus(states: readonly WorkerState[]): readonly Sample[] {
  if (states.length === 0) return [];
  return STATUSES.map((status) => {
    return { labels: { status }, value: states.filter((state) => state.status === status).length };
  });
}
