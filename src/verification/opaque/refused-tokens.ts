import { LRUCache } from 'lru-cache';
import type { Refusal } from '../../core/credential/verified-credential.ts';
import type { Clock } from '../../core/ports.ts';
import { growingTo } from '../../lib/caches/growing-cache.ts';

/** How long a refusal is cached. */
const REFUSED_MS = 2_000;
/** Anyone can invent tokens. In a cache of their own they evict only each other, never a good token. */
const MAX_REFUSED = 10_000;

interface Entry {
  readonly refusal: Refusal;
  readonly untilMs: number;
}

/** Caches the refusals of opaque tokens for a moment, by thumbprint. */
export class RefusedTokens {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly entries = new LRUCache<string, Entry>(growingTo(MAX_REFUSED));

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock;
  }

  find(thumbprint: string): Refusal | undefined {
    const entry = this.entries.get(thumbprint);
    return entry !== undefined && this.clock.monotonicMs() < entry.untilMs ? entry.refusal : undefined;
  }

  add(thumbprint: string, refusal: Refusal): void {
    this.entries.set(thumbprint, { refusal, untilMs: this.clock.monotonicMs() + REFUSED_MS });
  }
}
