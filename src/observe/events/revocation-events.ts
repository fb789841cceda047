import type { RevocationObserver } from '../../core/ports.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Repeats } from '../log/repeats.ts';

/** Logs the events of the revocation set and its feed, with one method for each event. */
export class RevocationEvents implements RevocationObserver {
  private readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  private readonly repeats: Pick<Repeats, 'tell'>;

  constructor(log: Pick<Logger, 'info' | 'warn' | 'error'>, repeats: Pick<Repeats, 'tell'>) {
    this.log = log;
    this.repeats = repeats;
  }

  feedLost(cause: Error): void {
    this.log.warn({ cause: messageOf(cause) }, 'revocation feed lost: every decision asks the store until it is back');
  }

  feedBack(): void {
    this.log.info('revocation feed back');
  }

  outageBegan(cause: Error): void {
    this.log.error({ cause: messageOf(cause) }, 'outage: the revocation set cannot be read in time');
  }

  outageEnded(): void {
    this.log.info('outage over: the revocation set can be read');
  }

  setLost(sinceSeconds: number): void {
    this.log.error(
      { since: new Date(sinceSeconds * 1_000).toISOString() },
      'the revocation set was lost: no request that needs a credential passes; check what is missing, then run `sallyport store accept-loss`',
    );
  }

  setAccepted(): void {
    this.log.warn('the loss of the revocation set was accepted: the set is in force again');
  }

  entriesRewritten(count: number): void {
    this.log.warn({ count }, 'revocations that the store had lost were written again');
  }

  entriesVanished(count: number): void {
    this.repeats.tell('vanished', (repeated) => {
      this.log.warn(
        { count, ...repeated },
        'revocations vanished before they expired (evicted by the store, expired by a clock that is ahead, or deleted by hand): they stay in force and are written again; `sallyport token unrevoke` removes one',
      );
    });
  }
}
