import type { RevocationObserver } from '../core/ports.ts';

type Observer = Pick<RevocationObserver, 'feedLost' | 'feedBack' | 'outageBegan' | 'outageEnded'>;

/** `starting` until the first heartbeat. */
export type FeedState = 'starting' | 'live' | 'lost';

/** Tracks whether the feed works and the store responds. Notifies the observer of changes only. */
export class RevocationHealth {
  feed: FeedState = 'starting';
  /** Whether the last read of the store failed. */
  outage = false;
  private readonly observer: Observer;

  constructor(observer: Observer) {
    this.observer = observer;
  }

  heard(): void {
    if (this.feed === 'lost') this.observer.feedBack();
    this.feed = 'live';
  }

  brokenOff(cause: Error): void {
    if (this.feed !== 'lost') this.observer.feedLost(cause);
    this.feed = 'lost';
  }

  answered(): void {
    if (this.outage) this.observer.outageEnded();
    this.outage = false;
  }

  unanswered(cause: unknown): void {
    if (!this.outage) this.observer.outageBegan(cause instanceof Error ? cause : new Error(String(cause)));
    this.outage = true;
  }
}
