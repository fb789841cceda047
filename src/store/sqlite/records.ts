import type { Account } from '../../accounts/account.ts';
import { TOKEN_USES } from '../../core/verified-credential.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import type { TokenEnd, TrackedToken } from '../../tokens/token.ts';
import type { BasicUse } from '../../verification/basic/basic-use.ts';
import type { Row } from './database/rows.ts';
import { asNumber, asText, asTexts, optional } from './database/rows.ts';

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
  const email = optional(asText, row, 'email');
  return {
    id: asText(row, 'id'),
    name: asText(row, 'name'),
    ...(email === undefined ? {} : { email }),
    passwordHash: asText(row, 'password_hash'),
    scopes: asTexts(row, 'scopes'),
    disabled: asNumber(row, 'disabled') !== 0,
    createdAtSeconds: asNumber(row, 'created_at'),
    version: asNumber(row, 'version'),
  };
}

/** A row of `token`. */
export function toToken(row: Row): TrackedToken {
  const written = asText(row, 'use');
  const use = TOKEN_USES.find((name) => name === written);
  if (use === undefined) throw new Error(`column "use" holds "${written}" instead of ${TOKEN_USES.join(' or ')}`);
  const name = optional(asText, row, 'name');
  return {
    id: asText(row, 'id'),
    accountId: asText(row, 'account_id'),
    use,
    ...(name === undefined ? {} : { name }),
    scopes: asTexts(row, 'scopes'),
    createdAtSeconds: asNumber(row, 'created_at'),
    expiresAtSeconds: asNumber(row, 'expires_at'),
    lastUsedAtSeconds: optional(asNumber, row, 'last_used_at'),
    end: toEnd(row),
    successor: optional(asText, row, 'successor'),
  };
}

/** A row of `basic_use`, or several. */
export function toBasicUse(row: Row): BasicUse {
  return {
    accountId: asText(row, 'account_id') || undefined,
    route: asText(row, 'route'),
    reason: asText(row, 'reason') || undefined,
    count: asNumber(row, 'count'),
    lastAtSeconds: asNumber(row, 'last_at'),
  };
}

function toEnd(row: Row): TokenEnd | undefined {
  const atSeconds = optional(asNumber, row, 'ended_at');
  if (atSeconds === undefined) return undefined;
  const reason = optional(asText, row, 'end_reason');
  return { atSeconds, by: asText(row, 'ended_by'), ...(reason === undefined ? {} : { reason }) };
}
