import type { Account, RevocationEntry, SealedSigningKey, TokenRecord } from '../store.ts';
import type { Row } from './rows.ts';
import { asNumber, asText, asTexts } from './rows.ts';

/** A row of `revocation`. */
export function toEntry(row: Row): RevocationEntry {
  return {
    key: asText(row, 'key'),
    value: asText(row, 'value'),
    expiresAtSeconds: row['expires_at'] === null ? undefined : asNumber(row, 'expires_at'),
  };
}

/** A row of `account`. */
export function toAccount(row: Row): Account {
  return {
    id: asText(row, 'id'),
    name: asText(row, 'name'),
    passwordHash: asText(row, 'password_hash'),
    scopes: asTexts(row, 'scopes'),
    createdAtSeconds: asNumber(row, 'created_at'),
  };
}

/** A row of `token`. */
export function toToken(row: Row): TokenRecord {
  const use = asText(row, 'use');
  if (use !== 'access') throw new Error(`column "use" holds "${use}" instead of "access"`);
  return {
    id: asText(row, 'id'),
    accountId: asText(row, 'account_id'),
    use,
    scopes: asTexts(row, 'scopes'),
    createdAtSeconds: asNumber(row, 'created_at'),
    expiresAtSeconds: asNumber(row, 'expires_at'),
  };
}

/** A row of `signing_key`. */
export function toSigningKey(row: Row): SealedSigningKey {
  return {
    kid: asText(row, 'kid'),
    issuer: asText(row, 'issuer'),
    algorithm: asText(row, 'algorithm'),
    sealed: asText(row, 'sealed'),
    createdAtSeconds: asNumber(row, 'created_at'),
  };
}
