import { within } from '../../lib/within.ts';
import type { GuessCount, GuessLimits, LogInAttempt, LogInHistoryStore } from './log-in-history-store.ts';

const SECOND_MS = 1000;

/**
 * Ten failures at once, then one after 30 s, a minute, and so on up to a quarter of an hour; all are forgotten after an
 * hour without one. For each name of an account that is 17 in any hour at most, and some 300 a day.
 */
const GUESS_LIMITS: GuessLimits = {
  waitsMs: [...Array.from({ length: 9 }, () => 0), ...[30, 60, 120, 240, 480, 900].map((wait) => wait * SECOND_MS)],
  forgetAfterMs: 3600 * SECOND_MS,
};

/** How many failures there may be before there is a wait. */
export const FREE_GUESSES = GUESS_LIMITS.waitsMs.findIndex((waitMs) => waitMs > 0) + 1;

export interface LogInHistoryParts {
  /** What all instances share. */
  readonly shared: LogInHistoryStore;
  /** What counts while the shared one does not answer. */
  readonly local: LogInHistoryStore;
  /** How long the shared one may take, in milliseconds. */
  readonly limitMs: number;
  /** Told where the shared one does not answer, or not in time. */
  readonly failed: (error: unknown) => void;
}

/** What {@link LogInHistory.count} says of an attempt. */
export type Counted = GuessCount & {
  /** Takes it back where it was counted; resolves also where that fails. */
  takeBack(): Promise<void>;
};

/**
 * The history of log-ins that instances share. Where the store does not answer in time, this instance's own counts: then
 * guesses are bounded on each instance by itself, and familiar is who logged in here.
 */
export class LogInHistory {
  private readonly parts: LogInHistoryParts;

  constructor(parts: LogInHistoryParts) {
    this.parts = parts;
  }

  async count(attempt: LogInAttempt): Promise<Counted> {
    const { shared, local } = this.parts;
    const { name } = attempt;
    const asked = shared.count(attempt, GUESS_LIMITS);
    const answer = await this.inTime(asked);
    if (answer !== undefined) return { ...answer, takeBack: () => this.takeBack(shared, name, answer) };
    const instead = await local.count(attempt, GUESS_LIMITS);
    const takeBack = async (): Promise<void> => {
      await this.takeBack(local, name, instead);
      // What was counted too late would keep waiting whoever has done nothing wrong.
      void asked.then((late) => this.takeBack(shared, name, late)).catch(() => undefined);
    };
    return { ...instead, takeBack };
  }

  /** Makes a place familiar to names; `false` where the shared history may not have taken it. */
  async remember(names: readonly string[], placeOf: (name: string) => string): Promise<boolean> {
    const { shared, local } = this.parts;
    for (const name of names) await local.remember(name, placeOf(name));
    const written = Promise.all(names.map((name) => shared.remember(name, placeOf(name))));
    return (await this.inTime(written)) !== undefined;
  }

  private async takeBack(history: LogInHistoryStore, name: string, counted: GuessCount): Promise<void> {
    if (counted.outcome === 'counted') await this.inTime(history.takeBack(name, counted.budget, GUESS_LIMITS));
  }

  /** `undefined` where there is no answer, or none in time. */
  private async inTime<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
    const { limitMs, failed } = this.parts;
    try {
      return await within(
        asked,
        limitMs,
        () => new Error(`the history of log-ins did not answer within ${limitMs} ms`),
      );
    } catch (error) {
      failed(error);
      return undefined;
    }
  }
}
