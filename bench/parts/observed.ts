import { randomUUID } from 'node:crypto';
import type { FeedListener } from './simulated-feed.ts';
import { Spread } from './spread.ts';

/** What all feeds reported during a run. Times in milliseconds. */
export class Observed implements FeedListener {
  /** From the write of a revocation until a sampled feed reports it. */
  readonly heard = new Spread();
  /** From the write of a heartbeat until its echo. */
  readonly beats = new Spread();
  /** How long feeds were stale, summed over all feeds. */
  staleMs = 0;
  closings = 0;
  /** When each revocation was written. */
  private readonly sentAtMs: number[] = [];
  private readonly keyStem = `sallyport:revoked:bench:${randomUUID()}-`;
  private readonly reportOf = new RegExp(`${this.keyStem}(\\d+)\r`, 'g');

  /** Writes a revocation; resolves once it is acknowledged. */
  async revoke(write: (key: string) => Promise<void>): Promise<void> {
    const number = this.sentAtMs.push(performance.now()) - 1;
    await write(`${this.keyStem}${number}`);
  }

  get revoked(): number {
    return this.sentAtMs.length;
  }

  beat(roundTripMs: number, staleMs: number): void {
    this.beats.add(roundTripMs);
    this.staleMs += staleMs;
  }

  reported(text: string): void {
    const now = performance.now();
    for (const [, number] of text.matchAll(this.reportOf)) {
      const sentAtMs = this.sentAtMs[Number(number)];
      if (sentAtMs !== undefined) this.heard.add(now - sentAtMs);
    }
  }

  closed(): void {
    this.closings += 1;
  }
}
