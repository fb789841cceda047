import type { Account } from '../../accounts/account.ts';
import { TOKEN_USES } from '../../core/credential/verified-credential.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { TokenEnd, TrackedToken } from '../../tokens/token.ts';
import type { BasicUse } from '../../verification/basic/basic-use.ts';
import type { Row } from './database/rows.ts';
import { asNumber, asString, asStrings, optional } from './database/rows.ts';

/** Converts a row of `revocation`. */
export function toEntry(row: Row): RevocationEntry {
  return {
    key: asString(row, 'key'),
    value: asString(row, 'value'),
    expiresAtSeconds: row['expires_at'] === null ? undefined : asNumber(row, 'expires_at'),
  };
}

/** Converts a row of `account`. */
export function toAccount(row: Row): Account {
  const email = optional(asString, row, 'email');
  return {
    id: asString(row, 'id'),
    name: asString(row, 'name'),
    ...(email === undefined ? {} : { email }),
    passwordHash: asString(row, 'password_hash'),
    scopes: asStrings(row, 'scopes'),
    disabled: asNumber(row, 'disabled') !== 0,
    createdAtSeconds: asNumber(row, 'created_at'),
    version: asNumber(row, 'version'),
  };
}

/** Converts a row of `token`. */
export function toToken(row: Row): TrackedToken {
  const written = asString(row, 'use');
  const use = TOKEN_USES.find((name) => name === written);
  if (use === undefined) throw new Error(`column "use" holds "${written}" instead of ${TOKEN_USES.join(' or ')}`);
  const name = optional(asString, row, 'name');
  const keyHash = optional(asString, row, 'key_hash');
  const family = optional(asString, row, 'family');
  const accessTtlSeconds = optional(asNumber, row, 'access_ttl');
  const refreshes = optional(asNumber, row, 'refreshes');
  return {
    id: asString(row, 'id'),
    accountId: asString(row, 'account_id'),
    use,
    ...(name === undefined ? {} : { name }),
    scopes: asStrings(row, 'scopes'),
    createdAtSeconds: asNumber(row, 'created_at'),
    expiresAtSeconds: asNumber(row, 'expires_at'),
    ...(keyHash === undefined ? {} : { keyHash }),
    ...(family === undefined ? {} : { family }),
    ...(accessTtlSeconds === undefined ? {} : { accessTtlSeconds }),
    ...(refreshes === undefined ? {} : { refreshes }),
    lastUsedAtSeconds: optional(asNumber, row, 'last_used_at'),
    end: toEnd(row),
    successor: optional(asString, row, 'successor'),
  };
}

/** Converts a row of `basic_use`, or the sum of several. */
export function toBasicUse(row: Row): BasicUse {
  return {
    accountId: asString(row, 'account_id') || undefined,
    route: asString(row, 'route'),
    reason: asString(row, 'reason') || undefined,
    count: asNumber(row, 'count'),
    lastAtSeconds: asNumber(row, 'last_at'),
  };
}

function toEnd(row: Row): TokenEnd | undefined {
  const atSeconds = optional(asNumber, row, 'ended_at');
  if (atSeconds === undefined) return undefined;
  const reason = optional(asString, row, 'end_reason');
  return { atSeconds, by: asString(row, 'ended_by'), ...(reason === undefined ? {} : { reason }) };
}
