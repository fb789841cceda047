import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/ports.ts';
import { growingTo } from '../../lib/caches/growing-cache.ts';
import type { Account } from '../account.ts';
import type { Precedence } from '../passwords/hashing-queue.ts';
import { addressBlock } from './address-block.ts';
import { FailureBudget } from './failure-budget.ts';
import type { KnownDevices } from './known-devices.ts';
import type { LogInDigests } from './log-in-digests.ts';
import type { LogInHistory } from './log-in-history.ts';
import { FREE_GUESSES } from './log-in-history.ts';

/** Failures of one address block, on each instance. Generous, because many people may share a block. */
const OF_ADDRESS = { burst: 50, refillMs: 5_000 };
const MAX_ADDRESSES = 100_000;
/** Repetitions of one wrong password from familiar places, on each instance. */
const OF_REPEATED = { burst: 10, refillMs: 30_000 };
const MAX_REPEATED = 10_000;
const MAX_KNOWN_GOOD = 10_000;
/** A familiar place is written again after a day. The store keeps it for 30 days. */
const REMEMBER_AGAIN_MS = 86_400_000;
const MAX_REMEMBERED = 100_000;
const QUEUE_SECONDS = 1;

/** One attempt to log in. */
export interface Guess {
  /** The name or e-mail address as typed, whether or not an account has it. */
  readonly name: string;
  readonly password: string;
  /** The client's address; `undefined` if unknown. */
  readonly client: string | undefined;
  /** The proof of a known device, as the client presents it. */
  readonly device: string | undefined;
  /** Whether strangers may be admitted, because their part of the hashing queue has room. */
  readonly acceptsStrangers: boolean;
}

/** An attempt that was admitted. The caller must call exactly one of the three methods, once. */
export interface Attempt {
  readonly outcome: 'admitted';
  readonly precedence: Precedence;
  /** The password is right. Resolves once the place is familiar to the account, or writing that has failed. */
  succeeded(account: Pick<Account, 'name' | 'email'>): Promise<void>;
  /** The password is wrong. Returns whose budget is spent, if this was the last guess before a wait. */
  failed(): SpentBudget | undefined;
  /** The password was not compared. */
  takeBack(): Promise<void>;
}

/** The budget that all strangers to a name share, or that of one familiar place or device. */
export type SpentBudget = 'strangers' | 'familiar';

export interface Throttled {
  readonly outcome: 'refused';
  readonly bound: 'this name' | 'this address' | 'the hashing queue';
  /** The time until another attempt can be admitted. */
  readonly retryAfterSeconds: number;
}

export interface GuessThrottleParts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly digests: LogInDigests;
  readonly devices: Pick<KnownDevices, 'recognise'>;
  readonly history: Pick<LogInHistory, 'count' | 'remember'>;
}

/**
 * Limits how often passwords can be guessed. An attempt counts as a failure from its start, so that concurrent attempts
 * are limited like consecutive ones; it is taken back if it succeeds. Names without an account are treated alike.
 *
 * An address block or a device from which the name has logged in before has its own budget. Every other client is a
 * stranger to the name. Strangers share one budget per name, over all instances, and one budget per address block and
 * instance, over all names. Guesses of strangers therefore never lock the owner out, even after a restart or a new
 * password. Credentials that were right before in this process do not count as a guess, but are compared all the same.
 *
 * A program that keeps using an old password at its owner's place is not an attacker. Therefore a wrong password that a
 * familiar place or device repeats counts once, and its repetitions have their own limit on this instance.
 */
export class GuessThrottle {
  private readonly parts: GuessThrottleParts;
  private readonly addresses = new FailureBudget({ ...OF_ADDRESS, max: MAX_ADDRESSES });
  private readonly repeated = new FailureBudget({ ...OF_REPEATED, max: MAX_REPEATED });
  private readonly good = new LRUCache<string, true>(growingTo(MAX_KNOWN_GOOD));
  /** When each place was last written, in monotonic milliseconds. */
  private readonly remembered = new LRUCache<string, number>(growingTo(MAX_REMEMBERED));
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
    const { client, acceptsStrangers } = guess;
    const repeatedWaitMs = this.repeated.waitMs(pair, this.nowMs());
    if (repeatedWaitMs > 0) return tooMany('this name', repeatedWaitMs);
    const block = client === undefined ? undefined : addressBlock(client);
    const waitMs = block === undefined ? 0 : this.addresses.waitMs(block, this.nowMs());
    const countsStrangers = acceptsStrangers && waitMs <= 0;
    // Taken before the first `await`, so that concurrent attempts are limited too.
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

  /** Counts a failure of these credentials, and returns whether they failed before. */
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
