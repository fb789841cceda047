import type { TokenFilter, TokenRecord } from '../store/store.ts';

/** Whether a list with this filter has the token. */
export function passes({ use, expiresAtSeconds }: TokenRecord, { uses, expireAfterSeconds }: TokenFilter): boolean {
  return uses.includes(use) && expiresAtSeconds > expireAfterSeconds;
}
