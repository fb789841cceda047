import { isDeepStrictEqual } from 'node:util';
import { StoreError } from '../../core/ports.ts';
import type { Scan } from '../scan.ts';
import { scanOf } from '../scan.ts';
import type { ClusterRouterParts } from './cluster-router.ts';
import type { ClusterNode } from './cluster-view.ts';

/**
 * Scans the primaries one after the other. Throws `StoreError` if slots moved between them meanwhile: the scan may have
 * missed the keys that moved with them.
 */
export function scanCluster({ cluster, limitMs }: ClusterRouterParts): Scan {
  const agreedOwners = async (): Promise<readonly ClusterNode[]> => {
    const nowMs = performance.now();
    return await cluster.during(async () => (await cluster.agreed(nowMs, nowMs + limitMs)).owners);
  };
  return async function* scan(prefix) {
    const owners = await agreedOwners();
    for (const owner of owners) {
      const primary = cluster.at(owner);
      if (primary === undefined) throw changed(cluster.place.name);
      yield* scanOf(primary.confirmed)(prefix);
    }
    if (!isDeepStrictEqual(placesOf(await agreedOwners()), placesOf(owners))) throw changed(cluster.place.name);
  };
}

function placesOf(owners: readonly ClusterNode[]) {
  return new Map(owners.map(({ id, slots }) => [id, slots]));
}

function changed(name: string): StoreError {
  return new StoreError(`Redis store "${name}": changed while its keys were scanned; try again`);
}
