import type { Clock } from '../core/ports.ts';
import { inBatches } from '../lib/lists.ts';
import { PeriodicJob } from '../lib/timers/periodic-job.ts';
import type { TokenCache } from '../verification/token-cache.ts';
import type { TokenStore } from './token.ts';

/** The number of uses in one write, so that other writes do not wait for long. */
const BATCH = 1_000;

export interface LastUsesParts {
  readonly known: Pick<TokenCache, 'usedSince'>;
  readonly tokens: Pick<TokenStore, 'markUsed'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Called when a write fails. The next write includes the same uses. */
  readonly failed: (error: unknown) => void;
}

/** Writes the times at which tokens were last used to the store, once a minute. */
export class LastUses {
  private readonly parts: LastUsesParts;
  private readonly writes: PeriodicJob;
  private writtenUpToMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LastUsesParts) {
    this.parts = parts;
    this.writes = new PeriodicJob(() => this.writeNew(), parts.failed);
  }

  /** Writes the new uses now. Resolves also if that fails. */
  async write(): Promise<void> {
    await this.writes.run();
  }

  /** Writes the remaining uses and stops. */
  async close(): Promise<void> {
    await this.writes.close();
  }

  private async writeNew(): Promise<void> {
    const { known, tokens, clock } = this.parts;
    const nowMs = clock.wallMs();
    const uses = [...known.usedSince(this.writtenUpToMs)].map(([id, atMs]) => [id, Math.floor(atMs / 1000)] as const);
    for (const batch of inBatches(uses, BATCH)) await tokens.markUsed(new Map(batch));
    // Minus one millisecond, because more uses may follow in the current one.
    this.writtenUpToMs = nowMs - 1;
  }
}
