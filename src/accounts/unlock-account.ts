import type { Who } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Account } from './account.ts';
import type { LogInDigests } from './guesses/log-in-digests.ts';
import type { LogInHistoryStore } from './guesses/log-in-history-store.ts';

export interface UnlockAccountParts {
  readonly digests: Pick<LogInDigests, 'ofNames'>;
  readonly logInHistory: Pick<LogInHistoryStore, 'forgive'>;
  readonly audit: Pick<AuditLog, 'accountUnlocked'>;
}

/** Forgets all wrong guesses at an account's password, so that its owner can log in at once. */
export async function unlockAccount(
  by: Who,
  account: Account,
  { digests, logInHistory, audit }: UnlockAccountParts,
): Promise<void> {
  for (const name of digests.ofNames(account)) await logInHistory.forgive(name);
  audit.accountUnlocked(by, account.id);
}
