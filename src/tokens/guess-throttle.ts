import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/ports.ts';
import { accountNameKey } from '../store/account-name.ts';
import { addressBlock } from './address-block.ts';
import { FailureBudget } from './failure-budget.ts';

/** How many failures each may have at once, and in how many milliseconds it may have one more. */
const OF_NAME = { burst: 10, refillMs: 30_000 };
/** Many people may share one. */
const OF_ADDRESS = { burst: 50, refillMs: 5_000 };
const MAX_REMEMBERED = 100_000;
const MAX_KNOWN_GOOD = 10_000;

/** One attempt to log in. */
export interface Guess {
  /** As given, whether or not there is such an account. */
  readonly name: string;
  readonly password: string;
  /** Its address; `undefined` where nobody knows it. */
  readonly client: string | undefined;
}

/** What must be said, once, of an attempt that was let through. */
export interface Attempt {
  readonly outcome: 'admitted';
  succeeded(): void;
  failed(): void;
  /** Nothing was compared. */
  takeBack(): void;
}

export interface Throttled {
  readonly outcome: 'refused';
  readonly bound: 'this name' | 'this address';
  /** From then on there is room for another one. */
  readonly retryAfterSeconds: number;
}

/**
 * Bounds how often passwords may be guessed, by the name that is given and by the client's address. An attempt counts
 * from its beginning, so that many at once are no more than one after another; one that succeeds counts for nothing.
 * Nothing differs for names that no account has.
 *
 * Credentials that were good before pass by it, so that nobody is locked out by what others guess; they are compared
 * all the same. They are remembered as a keyed hash, in this process alone.
 */
export class GuessThrottle {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly names = new FailureBudget({ ...OF_NAME, max: MAX_REMEMBERED });
  private readonly addresses = new FailureBudget({ ...OF_ADDRESS, max: MAX_REMEMBERED });
  private readonly good = new LRUCache<string, true>({ max: MAX_KNOWN_GOOD });
  private readonly key = randomBytes(32);

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock;
  }

  admit({ name, password, client }: Guess): Attempt | Throttled {
    // Without spaces around it, as accounts are found. Hashed for their length, too: a name may be as long as a request.
    const nameKey = this.digest(accountNameKey(name.trim()));
    const pair = this.digest(`${nameKey}:${password}`);
    const isGood = this.good.get(pair) === true;
    const counted = [
      { bound: 'this name', budget: this.names, key: nameKey },
      ...(client === undefined
        ? []
        : [{ bound: 'this address', budget: this.addresses, key: addressBlock(client) } as const]),
    ] as const;
    const nowMs = this.clock.monotonicMs();
    const waits = counted.map(({ bound, budget, key }) => ({ bound, waitMs: budget.waitMs(key, nowMs) }));
    const longest = waits.reduce((one, other) => (other.waitMs > one.waitMs ? other : one));
    if (longest.waitMs > 0 && !isGood) {
      return { outcome: 'refused', bound: longest.bound, retryAfterSeconds: Math.ceil(longest.waitMs / 1000) };
    }
    if (!isGood) for (const { budget, key } of counted) budget.take(key, nowMs);
    const takeBack = (): void => {
      if (!isGood) for (const { budget, key } of counted) budget.giveBack(key);
    };
    return {
      outcome: 'admitted',
      succeeded: () => {
        takeBack();
        this.good.set(pair, true);
      },
      failed: () => void this.good.delete(pair),
      takeBack,
    };
  }

  private digest(text: string): string {
    return createHmac('sha256', this.key).update(text).digest('base64url');
  }
}
