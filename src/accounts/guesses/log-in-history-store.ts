/** How long an address block stays familiar after the last successful log-in from it, in seconds. */
export const PLACES_KEPT_SECONDS = 30 * 86_400;

/** The most familiar address blocks that a name can have: those of the latest log-ins. */
export const PLACES_KEPT = 20;

/** The most budgets that the store keeps. Beyond that it deletes the least recently used ones early. */
export const GUESSES_KEPT = 1_000_000;

/** The one budget that all strangers to a name share. */
export const STRANGERS = '*';

/** How often a client may guess a password. */
export interface GuessLimits {
  /** How long to wait after the first failure, after the second, and so on, in milliseconds. The last one repeats. */
  readonly waitsMs: readonly number[];
  /** How long after the last failure all failures are deleted, in milliseconds. */
  readonly forgetAfterMs: number;
}

/** An attempt to log in. Every string is a keyed hash, so the store reveals neither clients nor what they typed. */
export interface LogInAttempt {
  /** Of the name as given, whether or not an account has it. */
  readonly name: string;
  /** Of the client's address block; `undefined` if the address is not known. */
  readonly place: string | undefined;
  /** Of a device that has proved that it logged in before; `undefined` without such a proof. */
  readonly device: string | undefined;
  /** Whether to count a stranger; `false` refuses strangers without a look at their budget. */
  readonly countsStrangers: boolean;
}

export type GuessCount =
  | {
      readonly outcome: 'counted';
      /** The budget that counted it: the device's, the place's, or {@link STRANGERS}. */
      readonly budget: string;
      readonly isFamiliar: boolean;
      /** How many failures that budget holds, this one included. */
      readonly failures: number;
    }
  | {
      readonly outcome: 'refused';
      readonly isFamiliar: boolean;
      /** How long until the budget allows another attempt, in milliseconds; 0 if strangers are not counted. */
      readonly waitMs: number;
    };

/**
 * Keeps the places from which each name logged in, and its failed attempts, for all instances. Times are the store's own.
 * No decision rests on it, so replicas need not confirm its writes, and a copy of a store leaves it out.
 */
export interface LogInHistoryStore {
  /**
   * Counts an attempt as a failure before its password is checked, so that attempts at once count like attempts one after
   * the other. A device or a familiar place has its own budget; all other clients share one for each name.
   */
  count(attempt: LogInAttempt, limits: GuessLimits): Promise<GuessCount>;
  /** Takes back the last failure of a budget, and its wait. */
  takeBack(name: string, budget: string, limits: GuessLimits): Promise<void>;
  /** Makes a place familiar to a name for {@link PLACES_KEPT_SECONDS}; drops its oldest beyond {@link PLACES_KEPT}. */
  remember(name: string, place: string): Promise<void>;
  /** Deletes every failure of a name. Its places stay familiar. */
  forgive(name: string): Promise<void>;
}
