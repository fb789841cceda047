import { StoreError } from '../../core/ports.ts';
import type { UsedProofStore } from '../../verification/dpop/used-proof-store.ts';
import type { Life } from './life.ts';

/** Some 200 MB: 5,000 proofs a second for three minutes. */
const MAX_PROOFS = 1_000_000;

/** Used proofs, in memory. Refuses further proofs rather than forget one that could be used again. */
export class MemoryUsedProofs implements UsedProofStore {
  private readonly life: Life;
  private readonly wallMs: () => number;
  /** By id: Unix milliseconds at which the mark ends; oldest first. */
  private readonly used = new Map<string, number>();

  constructor(life: Life, wallMs: () => number = Date.now) {
    this.life = life;
    this.wallMs = wallMs;
  }

  async use(id: string, keepMs: number): Promise<boolean> {
    this.life.check();
    const nowMs = this.wallMs();
    // Each proof adds one at most, so what has ended does not pile up.
    for (const [key, endMs] of this.used.entries().take(2)) if (endMs <= nowMs) this.used.delete(key);
    if ((this.used.get(id) ?? 0) > nowMs) return false;
    if (this.used.size >= MAX_PROOFS) throw new StoreError('too many proofs are in use');
    this.used.delete(id);
    this.used.set(id, nowMs + keepMs);
    return true;
  }
}
