import type { Clock } from '../core/ports.ts';
import { inBatches } from '../lib/lists.ts';
import { PeriodicJob } from '../lib/periodic-job.ts';
import type { TokenCache } from '../verification/token-cache.ts';
import type { TokenStore } from './token.ts';

/** So that one write of many does not hold up the others for long. */
const BATCH = 1_000;

export interface LastUsesParts {
  readonly known: Pick<TokenCache, 'usedSince'>;
  readonly tokens: Pick<TokenStore, 'markUsed'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Told what went wrong; the same uses are written the next time. */
  readonly failed: (error: unknown) => void;
}

/** Writes once a minute when tokens were last used. */
export class LastUses {
  private readonly parts: LastUsesParts;
  private readonly writes: PeriodicJob;
  private writtenUpToMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LastUsesParts) {
    this.parts = parts;
    this.writes = new PeriodicJob(() => this.writeNew(), parts.failed);
  }

  /** Resolves once it was tried. */
  async write(): Promise<void> {
    await this.writes.run();
  }

  /** Writes what is left, and ends. */
  async close(): Promise<void> {
    await this.writes.close();
  }

  private async writeNew(): Promise<void> {
    const { known, tokens, clock } = this.parts;
    const nowMs = clock.wallMs();
    const uses = [...known.usedSince(this.writtenUpToMs)].map(([id, atMs]) => [id, Math.floor(atMs / 1000)] as const);
    for (const batch of inBatches(uses, BATCH)) await tokens.markUsed(new Map(batch));
    // One millisecond less: a use within this one may come still.
    this.writtenUpToMs = nowMs - 1;
  }
}
