/** How long an address block stays familiar after the last successful log-in from it, in seconds. */
export const PLACES_KEPT_SECONDS = 30 * 86_400;

/** The maximum number of familiar address blocks of one name. The blocks of the latest log-ins are kept. */
export const PLACES_KEPT = 20;

/** The maximum number of budgets in all. Beyond it, the least recently used budgets are dropped before they expire. */
export const GUESSES_KEPT = 1_000_000;

/** The key of the budget that all strangers to a name share. */
export const STRANGERS = '*';

/** How often a password can be guessed. */
export interface GuessLimits {
  /** The waits after the first failure, after the second, and so on, in milliseconds. The last one repeats. */
  readonly waitsMs: readonly number[];
  /** The time after the last failure at which all failures are forgotten, in milliseconds. */
  readonly forgetAfterMs: number;
}

/**
 * An attempt to log in. Each string is a keyed hash, so a copy of the store reveals neither clients nor typed names.
 */
export interface LogInAttempt {
  /** The hash of the name as typed, whether or not an account has it. */
  readonly name: string;
  /** The hash of the client's address block; `undefined` if the address is unknown. */
  readonly place: string | undefined;
  /** The hash of a device that has proved an earlier log-in; `undefined` without such a proof. */
  readonly device: string | undefined;
  /** Whether to count an attempt by a stranger. `false` refuses strangers without reading their budget. */
  readonly countsStrangers: boolean;
}

export type GuessCount =
  | {
      readonly outcome: 'counted';
      /** The key of the budget that was charged: the device, the place, or {@link STRANGERS}. */
      readonly budget: string;
      readonly isFamiliar: boolean;
      /** The number of failures in that budget, including this one. */
      readonly failures: number;
    }
  | {
      readonly outcome: 'refused';
      readonly isFamiliar: boolean;
      /** The time until another attempt can be counted; 0 if strangers were not counted. */
      readonly waitMs: number;
    };

/**
 * Stores where names logged in and how often their passwords were guessed wrongly, for all instances. Times are by the
 * store's clock. It only slows down guesses and never grants access; therefore no replica must confirm its writes, and
 * copies of the store omit it.
 */
export interface LogInHistoryStore {
  /**
   * Counts an attempt as a failure from its start, so that concurrent attempts are limited like consecutive ones. A
   * known device or a familiar place has its own budget; all strangers to a name share one.
   */
  count(attempt: LogInAttempt, limits: GuessLimits): Promise<GuessCount>;
  /** Removes the last failure of a budget and the wait that it caused. */
  takeBack(name: string, budget: string, limits: GuessLimits): Promise<void>;
  /**
   * Makes a place familiar to a name for {@link PLACES_KEPT_SECONDS}. Beyond {@link PLACES_KEPT} places, drops the
   * oldest.
   */
  remember(name: string, place: string): Promise<void>;
  /** Forgets every failure of a name. Its places stay familiar. */
  forgive(name: string): Promise<void>;
}
