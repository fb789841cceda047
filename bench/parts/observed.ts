import { randomUUID } from 'node:crypto';
import type { FeedListener } from './simulated-feed.ts';
import { Spread } from './spread.ts';

/** What all feeds of a run reported while it was looked at. Times in milliseconds. */
export class Observed implements FeedListener {
  /** From a revocation's sending to its being heard by one of the feeds that are listened to. */
  readonly heard = new Spread();
  /** From a beat's sending to its echo. */
  readonly beats = new Spread();
  /** Sum over all feeds. */
  staleMs = 0;
  closings = 0;
  /** When each revocation was sent. */
  private readonly sentAtMs: number[] = [];
  private readonly keyStem = `sallyport:revoked:bench:${randomUUID()}-`;
  private readonly toldOf = new RegExp(`${this.keyStem}(\\d+)\r`, 'g');

  /** Resolves once it was acknowledged. */
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

  told(text: string): void {
    const now = performance.now();
    for (const [, number] of text.matchAll(this.toldOf)) {
      const sentAtMs = this.sentAtMs[Number(number)];
      if (sentAtMs !== undefined) this.heard.add(now - sentAtMs);
    }
  }

  closed(): void {
    this.closings += 1;
  }
}
