/** How long a request that made something may be repeated, in seconds. */
export const IDEMPOTENCY_KEPT_SECONDS = 86_400;

/** How many such requests of one account are remembered: the newest ones. */
export const IDEMPOTENCY_KEPT_REQUESTS = 1_000;

/** A request that runs for longer has died with its process, and whoever repeats it takes it over. In seconds. */
export const IDEMPOTENCY_RUN_SECONDS = 30;

/**
 * `running`: somebody carries the request out. `interrupted`: nobody knows whether it made anything. `made`: it did.
 */
export type IdempotencyState = 'running' | 'interrupted' | 'made';

/** A request that makes one thing, however often it is sent. Holds neither what was asked for nor what was answered. */
export interface IdempotencyRecord {
  readonly accountId: string;
  /** A hash of the key that the caller chose; unique within the account. */
  readonly key: string;
  /** Differs where the request differs. Keyed, because the request may hold a password. */
  readonly fingerprint: string;
  /** The id of what the request makes, chosen before it is made. */
  readonly resourceId: string;
  readonly startedAtSeconds: number;
}

/** What stands after {@link IdempotencyStore.claim}. */
export interface IdempotencyClaim extends IdempotencyRecord {
  readonly state: IdempotencyState;
  /** Whether the claimant carries the request out now. `false`: somebody else does, or did. */
  readonly isClaimed: boolean;
}

/** Requests that make something, so that one that is sent again makes nothing more. A copy of a store leaves them out. */
export interface IdempotencyStore {
  /**
   * Adds a request as `running`, once for all who try, unless one with its key stands. One that was interrupted, or has
   * run for too long, is taken over by a request with the same fingerprint: its `resourceId` stays. Time is that of
   * `startedAtSeconds`. Forgets what is older than {@link IDEMPOTENCY_KEPT_SECONDS}, and the oldest beyond
   * {@link IDEMPOTENCY_KEPT_REQUESTS} of the account.
   */
  claim(request: IdempotencyRecord): Promise<IdempotencyClaim>;
  /** Notes how a request ended; `refused` forgets it, so that its key is free. What was `made` stays so. */
  settle(accountId: string, key: string, end: Exclude<IdempotencyState, 'running'> | 'refused'): Promise<void>;
}
