/** How long an address block stays familiar after the last successful log-in from it, in seconds. */
export const PLACES_KEPT_SECONDS = 30 * 86_400;

/** How many familiar address blocks one name has: those of the latest log-ins. */
export const PLACES_KEPT = 20;

/** How many budgets are remembered in all. Those that were used least recently go first, before their time. */
export const GUESSES_KEPT = 1_000_000;

/** The one budget that all strangers to a name share. */
export const STRANGERS = '*';

/** How often somebody may guess a password. */
export interface GuessLimits {
  /** How long to wait after the first failure, after the second, and so on, in milliseconds. The last one repeats. */
  readonly waitsMs: readonly number[];
  /** How long after the last failure all of them are forgotten, in milliseconds. */
  readonly forgetAfterMs: number;
}

/** An attempt to log in. Every text is a keyed hash, so a copy of the store names neither clients nor what they typed. */
export interface LogInAttempt {
  /** Of the name as given. It makes no difference whether an account has it. */
  readonly name: string;
  /** Of the client's address block; `undefined` where nobody knows the address. */
  readonly place: string | undefined;
  /** Of a device that has proved that it logged in before; `undefined` where there is no such proof. */
  readonly device: string | undefined;
  /** Whether a stranger is to be counted; `false` refuses strangers without looking at their budget. */
  readonly countsStrangers: boolean;
}

export type GuessCount =
  | {
      readonly outcome: 'counted';
      /** The budget that it was taken from: the device's, the place's, or {@link STRANGERS}. */
      readonly budget: string;
      readonly isFamiliar: boolean;
      /** How many failures that budget holds, this one included. */
      readonly failures: number;
    }
  | {
      readonly outcome: 'refused';
      readonly isFamiliar: boolean;
      /** How long until there is room for another one; 0 where strangers were not counted. */
      readonly waitMs: number;
    };

/**
 * From where names logged in, and how often their passwords were guessed wrongly: shared by every instance. Time is the
 * store's own. Nothing here decides who is let in, so a replica need not confirm it, and a copy of a store leaves it out.
 */
export interface LogInHistoryStore {
  /**
   * Counts an attempt as a failure from its beginning, so that many at once are no more than one after another. A device
   * or a familiar place has a budget of its own; everybody else shares one for each name.
   */
  count(attempt: LogInAttempt, limits: GuessLimits): Promise<GuessCount>;
  /** Takes the last failure of a budget back, with the wait that came of it. */
  takeBack(name: string, budget: string, limits: GuessLimits): Promise<void>;
  /** Makes a place familiar to a name for {@link PLACES_KEPT_SECONDS}, in place of the oldest beyond {@link PLACES_KEPT}. */
  remember(name: string, place: string): Promise<void>;
  /** Forgets every failure of a name. Its places stay familiar. */
  forgive(name: string): Promise<void>;
}
