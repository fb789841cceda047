import { FailureBudget } from '../accounts/guesses/failure-budget.ts';
import type { Clock } from '../core/ports.ts';

/** How many unrecorded ids an account may revoke at once, and how many milliseconds it waits for one more. */
const BUDGET = { burst: 30, refillMs: 2_000, max: 10_000 };

/** The account has revoked too many ids of which the store has no record. Nothing was written. */
export interface TooManyUnrecorded {
  readonly outcome: 'too many';
  readonly retryAfterSeconds: number;
}

/**
 * Bounds how many ids of our own issuer an account may revoke of which the store has no record: anyone can make up such
 * ids, and the entry of each stays as long as a token can be valid.
 */
export class UnrecordedBudget {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly budget = new FailureBudget(BUDGET);

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock;
  }

  /** Takes one from the account's budget; `undefined` if there was one. */
  take(accountId: string): TooManyUnrecorded | undefined {
    const nowMs = this.clock.monotonicMs();
    const waitMs = this.budget.waitMs(accountId, nowMs);
    if (waitMs > 0) return { outcome: 'too many', retryAfterSeconds: Math.ceil(waitMs / 1000) };
    this.budget.take(accountId, nowMs);
    return undefined;
  }
}
