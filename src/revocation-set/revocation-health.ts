import type { RevocationObserver } from '../core/ports.ts';

type Observer = Pick<RevocationObserver, 'feedLost' | 'feedBack' | 'outageBegan' | 'outageEnded'>;

/** `starting` until the feed is heard for the first time. */
export type FeedState = 'starting' | 'live' | 'lost';

/** Whether the feed lives and the store answers; tells an observer when that changes, and only then. */
export class RevocationHealth {
  feed: FeedState = 'starting';
  /** Whether the last question to the store was left without an answer. */
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
