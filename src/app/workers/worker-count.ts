import { availableParallelism } from 'node:os';
import type { Config } from '../../config/config.ts';
import { MAX_WORKERS } from '../../config/config.ts';

/**
 * Returns how many worker processes a configuration starts; 1 for none, because then this process decides itself. `auto`
 * is the number of cores that the process may use, which a CPU limit of its container (cgroup) lowers.
 */
export function workerCount({ workers }: Pick<Config, 'workers'>): number {
  return workers === 'auto' ? Math.min(availableParallelism(), MAX_WORKERS) : workers;
}
