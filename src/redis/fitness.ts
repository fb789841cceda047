import type { Store } from '../store/store.ts';
import type { ServerLabel } from './failure.ts';
import { UnfitError } from './failure.ts';
import type { ServerInfo } from './server-info.ts';

/** A key that Redis drops to make room is a revocation that nobody took back. Throws where it may. */
export function refuseEviction({ name }: ServerLabel, { evictionPolicy = 'unknown' }: ServerInfo): void {
  if (evictionPolicy === 'noeviction') return;
  throw new UnfitError(
    `Redis store "${name}": may drop revocations when its memory is full (maxmemory-policy is ${evictionPolicy}); ` +
      'set maxmemory-policy noeviction there, or accept it with allowEviction: true in the store',
  );
}

/** What a person should know where every write will fail. */
export function warnOfReplicas(
  { name }: ServerLabel,
  { replicas }: ServerInfo,
  minReplicas: number,
): Pick<Store, 'warning'> {
  if (replicas >= minReplicas) return {};
  const warning =
    `Redis store "${name}": has ${replicas} replicas and minReplicas is ${minReplicas}: ` +
    'every write will fail; start more replicas, or lower minReplicas';
  return { warning };
}
