import { within } from '../../lib/timers/within.ts';
import type { GuessCount, GuessLimits, LogInAttempt, LogInHistoryStore } from './log-in-history-store.ts';

const SECOND_MS = 1000;

/**
 * Allows ten failures at once, then one after 30 s, 1 min, 2 min, and so on up to 15 min. All failures are forgotten
 * after an hour without one. For each name of an account, this allows at most 17 guesses in any hour and about 300 a
 * day.
 */
const GUESS_LIMITS: GuessLimits = {
  waitsMs: [...Array.from({ length: 9 }, () => 0), ...[30, 60, 120, 240, 480, 900].map((wait) => wait * SECOND_MS)],
  forgetAfterMs: 3600 * SECOND_MS,
};

/** The number of failures before the first wait. */
export const FREE_GUESSES = GUESS_LIMITS.waitsMs.findIndex((waitMs) => waitMs > 0) + 1;

export interface LogInHistoryParts {
  /** The history that all instances share. */
  readonly shared: LogInHistoryStore;
  /** This instance's own history, used while the shared one does not respond. */
  readonly local: LogInHistoryStore;
  /** The time limit for the shared history, in milliseconds. */
  readonly limitMs: number;
  /** Called when the shared history fails or does not respond in time. */
  readonly failed: (error: unknown) => void;
}

/** The result of {@link LogInHistory.count}. */
export type Counted = GuessCount & {
  /** Takes the attempt back if it was counted. Never rejects. */
  takeBack(): Promise<void>;
};

/**
 * The history of log-ins that instances share. If the store does not respond in time, this instance uses its own
 * history: each instance then limits guesses by itself and knows only the places that logged in to it.
 */
export class LogInHistory {
  private readonly parts: LogInHistoryParts;

  constructor(parts: LogInHistoryParts) {
    this.parts = parts;
  }

  async count(attempt: LogInAttempt): Promise<Counted> {
    const { shared, local } = this.parts;
    const { name } = attempt;
    const counting = shared.count(attempt, GUESS_LIMITS);
    const counted = await this.inTime(counting);
    if (counted !== undefined) return { ...counted, takeBack: () => this.takeBack(shared, name, counted) };
    const countedLocally = await local.count(attempt, GUESS_LIMITS);
    const takeBack = async (): Promise<void> => {
      await this.takeBack(local, name, countedLocally);
      // Otherwise the late count would make a client wait that guessed nothing wrong.
      void counting.then((late) => this.takeBack(shared, name, late)).catch(() => undefined);
    };
    return { ...countedLocally, takeBack };
  }

  /** Makes a place familiar to names; resolves to `false` if the shared history may not have stored it. */
  async remember(names: readonly string[], placeOf: (name: string) => string): Promise<boolean> {
    const { shared, local } = this.parts;
    for (const name of names) await local.remember(name, placeOf(name));
    const written = Promise.all(names.map((name) => shared.remember(name, placeOf(name))));
    return (await this.inTime(written)) !== undefined;
  }

  private async takeBack(history: LogInHistoryStore, name: string, counted: GuessCount): Promise<void> {
    if (counted.outcome === 'counted') await this.inTime(history.takeBack(name, counted.budget, GUESS_LIMITS));
  }

  /** Resolves to `undefined` if the call fails or exceeds the time limit. */
  private async inTime<Result>(call: Promise<Result>): Promise<Result | undefined> {
    const { limitMs, failed } = this.parts;
    try {
      return await within(call, limitMs, () => new Error(`the history of log-ins did not answer within ${limitMs} ms`));
    } catch (error) {
      failed(error);
      return undefined;
    }
  }
}
