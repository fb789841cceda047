import type { ServerLabel } from './failure.ts';
import { UnfitError } from './failure.ts';
import type { ServerInfo } from './server-info.ts';

/** Throws where Redis may drop keys to free memory: the data would be lost without a command. */
export function refuseEviction({ name }: ServerLabel, { evictionPolicy = 'unknown' }: ServerInfo): void {
  if (evictionPolicy === 'noeviction') return;
  throw new UnfitError(
    `Redis store "${name}": may drop revocations when its memory is full (maxmemory-policy is ${evictionPolicy}); ` +
      'set maxmemory-policy noeviction there, or accept it with allowEviction: true in the store',
  );
}

/** The warning that every write will fail for want of replicas; `undefined` where there are enough. */
export function replicaWarning(
  { name }: ServerLabel,
  { replicas }: ServerInfo,
  minReplicas: number,
): string | undefined {
  if (replicas >= minReplicas) return undefined;
  return (
    `Redis store "${name}": has ${replicas} replicas and minReplicas is ${minReplicas}: ` +
    'every write will fail; start more replicas, or lower minReplicas'
  );
}
