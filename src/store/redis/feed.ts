import type { RevocationFeed, RevocationListener } from '../store.ts';

/**
 * Tells of this instance's own writes. It does not hear of others' yet, so it never says how far it has heard, and
 * nothing read from Redis counts without asking again: every decision asks. That is correct, only slower.
 */
export class RedisFeed implements RevocationFeed {
  private listener: RevocationListener | undefined;
  /** Keys that were written before anybody listened. */
  private readonly early = new Set<string>();
  private ended = false;

  follow(listener: RevocationListener): void {
    if (this.listener !== undefined) throw new Error('the feed is followed already');
    this.listener = listener;
    if (this.early.size > 0) listener.changed([...this.early]);
    this.early.clear();
  }

  /** Tells of a change that was just acknowledged here. */
  hear(key: string): void {
    if (this.ended) return;
    if (this.listener === undefined) this.early.add(key);
    else this.listener.changed([key]);
  }

  end(): void {
    this.ended = true;
  }
}
