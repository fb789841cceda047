import { FailureBudget } from '../accounts/guesses/failure-budget.ts';
import type { Clock } from '../core/ports.ts';
import type { OneToken } from '../revocation-set/target.ts';
import type { SigningKeyStore } from '../signing/signing-key-store.ts';

/** How many ids without a record each account may name at once, and in how many milliseconds one more: 30 a minute. */
const BUDGET = { burst: 30, refillMs: 2_000, max: 10_000 };

/**
 * Bounds how many ids of our own issuer an account may revoke that the store knows nothing of: anybody can make such ids
 * up, and each is an entry that stays as long as a token can live.
 */
export class UnrecordedBudget {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly budget = new FailureBudget(BUDGET);

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock;
  }

  /** Takes one from the account's budget: 0, or in how many seconds there is one to take. */
  take(accountId: string): number {
    const nowMs = this.clock.monotonicMs();
    const waitMs = this.budget.waitMs(accountId, nowMs);
    if (waitMs === 0) this.budget.take(accountId, nowMs);
    return Math.ceil(waitMs / 1000);
  }
}

export interface UnrecordedTokenParts {
  /** The own issuer's name. */
  readonly issuer: string;
  readonly signingKeys: Pick<SigningKeyStore, 'read'>;
  /** The longest life that the configuration gives a token now. */
  readonly longestTokenSeconds: number;
  readonly nowSeconds: number;
}

/** A token of ours of which only the id is known. It ends, at the latest, as the longest one that we can have signed. */
export async function unrecordedToken(
  tokenId: string,
  { issuer, signingKeys, longestTokenSeconds, nowSeconds }: UnrecordedTokenParts,
): Promise<OneToken> {
  const { keys } = await signingKeys.read(issuer);
  const longest = Math.max(longestTokenSeconds, ...keys.map((key) => key.longestTokenSeconds));
  return { kind: 'token', issuer, tokenId, expiresAtSeconds: Math.ceil(nowSeconds) + longest, unrecorded: true };
}
