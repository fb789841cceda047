import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/ports.ts';
import type { Account } from '../account.ts';
import type { Precedence } from '../passwords/hashing-queue.ts';
import { addressBlock } from './address-block.ts';
import { FailureBudget } from './failure-budget.ts';
import type { KnownDevices } from './known-devices.ts';
import type { LogInDigests } from './log-in-digests.ts';
import type { LogInHistory } from './log-in-history.ts';
import { FREE_GUESSES } from './log-in-history.ts';

/** How many failures a block may have at once, on this instance, and in how many milliseconds one more. Many people may share it. */
const OF_ADDRESS = { burst: 50, refillMs: 5_000 };
const MAX_ADDRESSES = 100_000;
/** How often one wrong password may be repeated from familiar places. */
const OF_REPEATED = { burst: 10, refillMs: 30_000 };
const MAX_REPEATED = 10_000;
const MAX_KNOWN_GOOD = 10_000;
/** A familiar place is written again after so long: it is kept for thirty times that. */
const REMEMBER_AGAIN_MS = 86_400_000;
const MAX_REMEMBERED = 100_000;
const QUEUE_SECONDS = 1;

/** One attempt to log in. */
export interface Guess {
  /** As given, whether or not there is such an account. */
  readonly name: string;
  readonly password: string;
  /** Its address; `undefined` where nobody knows it. */
  readonly client: string | undefined;
  /** The proof of a device, as the client presents it. */
  readonly device: string | undefined;
  /** Whether strangers may be taken in: their part of the hashing queue has room. */
  readonly takesStrangers: boolean;
}

/** What must be said, once, of an attempt that was let through. */
export interface Attempt {
  readonly outcome: 'admitted';
  readonly precedence: Precedence;
  /** Resolves once the place is familiar to the account, or that has failed. */
  succeeded(account: Pick<Account, 'name' | 'email'>): Promise<void>;
  /** Whose budget it has spent, where it was the last one for some time. */
  failed(): SpentBudget | undefined;
  /** Nothing was compared. */
  takeBack(): Promise<void>;
}

/** All strangers to a name, or one familiar place or device. */
export type SpentBudget = 'strangers' | 'familiar';

export interface Throttled {
  readonly outcome: 'refused';
  readonly bound: 'this name' | 'this address' | 'the hashing queue';
  /** From then on there is room for another one. */
  readonly retryAfterSeconds: number;
}

export interface GuessThrottleParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly digests: LogInDigests;
  readonly devices: Pick<KnownDevices, 'recognise'>;
  readonly history: Pick<LogInHistory, 'count' | 'remember'>;
}

/**
 * Bounds how often passwords may be guessed. An attempt counts from its beginning, so that many at once are no more than
 * one after another; one that succeeds counts for nothing. Nothing differs for names that no account has.
 *
 * An address block, or a device, from which the name has logged in before has a budget of its own. Everybody else is a
 * stranger to the name: strangers share one budget for it over all instances, and those of one block another over all
 * names, on each instance. So nobody is locked out of an account by what others guess, also after a restart or a new
 * password. Credentials that were good before in this process count for nothing; they are compared all the same.
 *
 * A program that goes on with an old password, where the owner is as well, is no guesser: a wrong password that a familiar
 * place or device repeats counts once, and the repetitions have a bound of their own on this instance.
 */
export class GuessThrottle {
  private readonly parts: GuessThrottleParts;
  private readonly addresses = new FailureBudget({ ...OF_ADDRESS, max: MAX_ADDRESSES });
  private readonly repeated = new FailureBudget({ ...OF_REPEATED, max: MAX_REPEATED });
  private readonly good = new LRUCache<string, true>({ max: MAX_KNOWN_GOOD });
  /** When a place was last written, by the monotonic clock. */
  private readonly remembered = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  private readonly key = randomBytes(32);

  constructor(parts: GuessThrottleParts) {
    this.parts = parts;
  }

  async admit(guess: Guess): Promise<Attempt | Throttled> {
    const name = this.parts.digests.ofName(guess.name);
    const pair = createHmac('sha256', this.key).update(`${name}:${guess.password}`).digest('base64url');
    return this.good.get(pair) === true ? this.admitGood(guess, pair) : this.count(guess, name, pair);
  }

  private admitGood({ client }: Guess, pair: string): Attempt {
    return {
      outcome: 'admitted',
      precedence: 'familiar',
      succeeded: (account) => this.remember(account, client),
      failed: () => void this.good.delete(pair),
      takeBack: async () => {},
    };
  }

  private async count(guess: Guess, name: string, pair: string): Promise<Attempt | Throttled> {
    const { digests, devices, history } = this.parts;
    const { client, takesStrangers } = guess;
    const repeatedWaitMs = this.repeated.waitMs(pair, this.nowMs());
    if (repeatedWaitMs > 0) return tooMany('this name', repeatedWaitMs);
    const block = client === undefined ? undefined : addressBlock(client);
    const waitMs = block === undefined ? 0 : this.addresses.waitMs(block, this.nowMs());
    const countsStrangers = takesStrangers && waitMs <= 0;
    // Before anybody is asked, so that many at once are bounded.
    const takesFromBlock = countsStrangers && block !== undefined;
    if (takesFromBlock) this.addresses.take(block, this.nowMs());
    const giveBack = (): void => {
      if (takesFromBlock) this.addresses.giveBack(block);
    };
    const place = client === undefined ? undefined : digests.ofPlace(name, client);
    const device = devices.recognise(name, guess.device);
    const counted = await history.count({ name, place, device, countsStrangers });
    if (counted.outcome === 'refused' || counted.isFamiliar) giveBack();
    if (counted.outcome === 'refused') {
      return counted.isFamiliar || countsStrangers ? tooMany('this name', counted.waitMs) : refuseStranger(waitMs);
    }
    const { isFamiliar, failures } = counted;
    const takeBack = async (): Promise<void> => {
      if (!isFamiliar) giveBack();
      await counted.takeBack();
    };
    return {
      outcome: 'admitted',
      precedence: isFamiliar ? 'familiar' : 'stranger',
      succeeded: async (account) => {
        this.good.set(pair, true);
        await Promise.all([takeBack(), this.remember(account, client)]);
      },
      failed: () => {
        if (isFamiliar && this.noteRepetition(pair)) {
          void takeBack();
          return undefined;
        }
        if (failures !== FREE_GUESSES) return undefined;
        return isFamiliar ? 'familiar' : 'strangers';
      },
      takeBack,
    };
  }

  /** Whether the same credentials failed before. */
  private noteRepetition(pair: string): boolean {
    const isRepeated = this.repeated.isTouched(pair, this.nowMs());
    this.repeated.take(pair, this.nowMs());
    return isRepeated;
  }

  private async remember(account: Pick<Account, 'name' | 'email'>, client: string | undefined): Promise<void> {
    if (client === undefined) return;
    const { digests, history } = this.parts;
    const due = digests.ofNames(account).filter((name) => this.isDue(digests.ofPlace(name, client)));
    if (due.length === 0) return;
    const nowMs = this.nowMs();
    const isWritten = await history.remember(due, (name) => digests.ofPlace(name, client));
    if (isWritten) for (const name of due) this.remembered.set(digests.ofPlace(name, client), nowMs);
  }

  private isDue(place: string): boolean {
    const atMs = this.remembered.get(place) ?? Number.NEGATIVE_INFINITY;
    return this.nowMs() - atMs >= REMEMBER_AGAIN_MS;
  }

  private nowMs(): number {
    return this.parts.clock.monotonicMs();
  }
}

function refuseStranger(addressWaitMs: number): Throttled {
  if (addressWaitMs > 0) return tooMany('this address', addressWaitMs);
  return { outcome: 'refused', bound: 'the hashing queue', retryAfterSeconds: QUEUE_SECONDS };
}

function tooMany(bound: 'this name' | 'this address', waitMs: number): Throttled {
  return { outcome: 'refused', bound, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
}
