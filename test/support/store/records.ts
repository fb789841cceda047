import type { Account } from '../../../src/accounts/account.ts';
import type { RevocationEntry } from '../../../src/revocation-set/entry.ts';
import type { SealedSigningKey } from '../../../src/signing/signing-key-store.ts';
import type { TokenRecord } from '../../../src/tokens/token.ts';

/** In Unix seconds. */
export const FAR = 4_000_000_000;
/** The state of a token that was never used, revoked or rotated. */
export const UNUSED = { lastUsedAtSeconds: undefined, end: undefined, successor: undefined };
/** The mark of the account `account-1`. */
export const MARK = 'sallyport:notbefore:own:account-1';

export function entry(key: string, value = '{}', expiresAtSeconds?: number): RevocationEntry {
  return { key, value, expiresAtSeconds };
}

export function account(id: string, name: string): Account {
  const scopes = ['all:any', 'tokens:manage'];
  return { id, name, passwordHash: '$argon2id$v=19$', scopes, disabled: false, createdAtSeconds: 1_000.5, version: 0 };
}

export function token(id: string): TokenRecord {
  const scopes = ['messages:send'];
  return { id, accountId: 'account-1', use: 'access', scopes, createdAtSeconds: 1_000, expiresAtSeconds: 2_000.25 };
}

export function signingKey(kid: string): SealedSigningKey {
  const times = { createdAtSeconds: 1_000, signsFromSeconds: 1_000.5, longestTokenSeconds: 86_400 };
  return { kid, issuer: 'own', algorithm: 'EdDSA', sealed: `sealed ${kid}`, ...times };
}
