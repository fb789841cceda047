import type { Clock } from '../core/ports.ts';
import type { KnownTokens } from '../jwt/known-tokens.ts';
import type { TokenStore } from '../store/store.ts';

const EVERY_MS = 60_000;
/** So that one write of many does not hold up the others for long. */
const BATCH = 1_000;

export interface LastUsesParts {
  readonly known: Pick<KnownTokens, 'usedSince'>;
  readonly tokens: Pick<TokenStore, 'markUsed'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Told what went wrong; the same uses are written the next time. */
  readonly failed: (error: unknown) => void;
}

/** Writes once a minute when tokens were last used: nothing that a request waits for. */
export class LastUses {
  private readonly parts: LastUsesParts;
  private readonly timer: NodeJS.Timeout;
  private writtenUpToMs = Number.NEGATIVE_INFINITY;
  private writing: Promise<void> | undefined;

  constructor(parts: LastUsesParts, everyMs = EVERY_MS) {
    this.parts = parts;
    this.timer = setInterval(() => void this.write(), everyMs).unref();
  }

  /** Resolves once it was tried. */
  write(): Promise<void> {
    this.writing ??= this.writeNow().finally(() => (this.writing = undefined));
    return this.writing;
  }

  /** Writes what is left, and ends. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    await this.write();
  }

  private async writeNow(): Promise<void> {
    const { known, tokens, clock, failed } = this.parts;
    const nowMs = clock.wallMs();
    const uses = [...known.usedSince(this.writtenUpToMs)].map(([id, atMs]) => [id, Math.floor(atMs / 1000)] as const);
    try {
      for (let first = 0; first < uses.length; first += BATCH) {
        await tokens.markUsed(new Map(uses.slice(first, first + BATCH)));
      }
      // One millisecond less: a use within this one may come still.
      this.writtenUpToMs = nowMs - 1;
    } catch (error) {
      failed(error);
    }
  }
}
