import { LRUCache } from 'lru-cache';
import { growingTo } from '../../lib/caches/growing-cache.ts';
import type { UsedProofStore } from './used-proof-store.ts';

/** What {@link UsedProofs} asks. */
export type UsedProofs = Pick<UsedProofStore, 'use'>;

const MAX_RECENT = 100_000;

/**
 * The proofs that were used at this instance. Refuses what it remembers without asking the store, so a proof that is sent
 * again and again costs nothing there. Outlives a configuration.
 */
export class RecentProofs implements UsedProofs {
  private readonly recent = new LRUCache<string, true>(growingTo(MAX_RECENT));
  private readonly store: UsedProofs | undefined;

  /** @param store for all instances; without it, a proof may be used once at each. */
  constructor(store: UsedProofs | undefined) {
    this.store = store;
  }

  async use(id: string, keepMs: number): Promise<boolean> {
    if (this.recent.get(id) === true) return false;
    // Before the store answers: whether it marked a proof may stay unknown.
    this.recent.set(id, true);
    return this.store === undefined || (await this.store.use(id, keepMs));
  }
}
