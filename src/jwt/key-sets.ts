import type { Clock } from '../core/ports.ts';
import { RemoteKeySet } from './key-set.ts';

/** Every published key set in use, by its address: one that a new configuration still names keeps what it knows. */
export class KeySets {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private sets = new Map<string, RemoteKeySet>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock;
  }

  at(url: URL): RemoteKeySet {
    const known = this.sets.get(url.href);
    if (known !== undefined) return known;
    const set = new RemoteKeySet(url, this.clock);
    this.sets.set(url.href, set);
    return set;
  }

  /** Lets go of the sets that are not among these. */
  keepOnly(urls: readonly URL[]): void {
    const kept = new Set(urls.map(({ href }) => href));
    this.sets = new Map([...this.sets].filter(([href]) => kept.has(href)));
  }
}
