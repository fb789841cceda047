import { addressBlock } from '../../accounts/guesses/address-block.ts';
import { FailureBudget } from '../../accounts/guesses/failure-budget.ts';
import type { Refusal } from '../../core/credential/verified-credential.ts';
import type { Clock } from '../../core/ports.ts';
import type { ClientAddress } from '../../core/request.ts';

/** Unknown keys of one address block on each instance: 100 at once, then 5 a second. */
const BUDGET = { burst: 100, refillMs: 200, max: 100_000 };

/**
 * Bounds how many look-ups of unknown API keys a client can cause: anyone can make up keys with the right checksum. Keys
 * that are known on this instance never count. A door whose callers name no client, such as the internal API, has no bound.
 */
export class UnknownKeyBudget {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly budget = new FailureBudget(BUDGET);

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock;
  }

  /** The refusal of a client that presented too many unknown keys; `undefined` for any other. */
  refusal(client: ClientAddress | undefined, issuer: string): Refusal | undefined {
    const address = client?.();
    if (address === undefined) return undefined;
    const waitMs = this.budget.waitMs(addressBlock(address), this.clock.monotonicMs());
    if (waitMs <= 0) return undefined;
    const retryAfterSeconds = Math.ceil(waitMs / 1000);
    return {
      outcome: 'refused',
      reason: 'too_many_attempts',
      check: 'too many unknown keys of this address',
      issuer,
      retryAfterSeconds,
    };
  }

  /** Counts an unknown key. */
  take(client: ClientAddress | undefined): void {
    const address = client?.();
    if (address !== undefined) this.budget.take(addressBlock(address), this.clock.monotonicMs());
  }
}
