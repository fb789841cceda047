/** How long a request that made a resource can be repeated, in seconds. */
export const IDEMPOTENCY_KEPT_SECONDS = 86_400;

/** How many such requests of one account are kept: the newest ones. */
export const IDEMPOTENCY_KEPT_REQUESTS = 1_000;

/**
 * The longest time for which a request runs, in seconds. After it, its process must have died, and a repetition takes
 * over.
 */
export const IDEMPOTENCY_RUN_SECONDS = 30;

/**
 * `running`: a process carries the request out. `interrupted`: it is not known whether it made anything. `made`: it
 * did.
 */
export type IdempotencyState = 'running' | 'interrupted' | 'made';

/** A request that makes one resource, however often it is sent. Contains neither the request nor its response. */
export interface IdempotencyRecord {
  readonly accountId: string;
  /** A hash of the key that the caller chose; unique within the account. */
  readonly key: string;
  /** A keyed hash of the request, because the request may hold a password. */
  readonly fingerprint: string;
  /** The id of the resource, chosen before the resource is made. */
  readonly resourceId: string;
  readonly startedAtSeconds: number;
}

/** The record after {@link IdempotencyStore.claim}. */
export interface IdempotencyClaim extends IdempotencyRecord {
  readonly state: IdempotencyState;
  /** `true` if the claimant must carry the request out; `false` if another one does, or did. */
  readonly isClaimed: boolean;
}

/** Keeps requests that make a resource, so that a repetition makes no second one. A copy of a store leaves them out. */
export interface IdempotencyStore {
  /**
   * Adds a request as `running` unless there is one with its key; of several at once, one is added. A request with the
   * same fingerprint takes over one that was interrupted or has run for too long, and keeps its `resourceId`. Compares
   * times with `startedAtSeconds`. Deletes requests older than {@link IDEMPOTENCY_KEPT_SECONDS}, and the account's
   * oldest beyond {@link IDEMPOTENCY_KEPT_REQUESTS}.
   */
  claim(request: IdempotencyRecord): Promise<IdempotencyClaim>;
  /** Records how a request ended. `refused` deletes the record, so that its key is free; `made` never changes again. */
  settle(accountId: string, key: string, end: Exclude<IdempotencyState, 'running'> | 'refused'): Promise<void>;
}
