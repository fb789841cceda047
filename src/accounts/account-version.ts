import type { Account } from '../store/store.ts';

/** Whether an account is as somebody knew it at `version`, so that what was decided about it then still holds. */
export function stands(account: Account | undefined, version: number): boolean {
  return account !== undefined && !account.disabled && account.version === version;
}
