import type { Account } from '../../accounts/account.ts';
import { TOKEN_USES } from '../../core/credential/verified-credential.ts';
import type { ServerLabel } from '../../redis/failure.ts';
import { storeErrorFrom } from '../../redis/failure.ts';
import type { TokenEnd, TokenRecord } from '../../tokens/token.ts';
import type { BasicUse } from '../../verification/basic/basic-use.ts';
import { asNumber, asString, asStrings, parseMembers, refuse } from '../members.ts';

/** Reads a record. An error becomes a `StoreError` that names the server. */
export function readStored<T>(place: ServerLabel, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw storeErrorFrom(place, error);
  }
}

/** Reads an account. Throws for any other record, as the functions below do. */
export function toAccount(record: string): Account {
  const members = parseMembers(record);
  return {
    id: asString(members, 'id'),
    name: asString(members, 'name'),
    ...(members['email'] === undefined ? {} : { email: asString(members, 'email') }),
    passwordHash: asString(members, 'passwordHash'),
    scopes: asStrings(members, 'scopes'),
    disabled: members['disabled'] === true,
    createdAtSeconds: asNumber(members, 'createdAtSeconds'),
    version: members['version'] === undefined ? 0 : asNumber(members, 'version'),
  };
}

/** Reads a token. */
export function toToken(record: string): TokenRecord {
  const members = parseMembers(record);
  const use = TOKEN_USES.find((name) => name === members['use']) ?? refuse('use', TOKEN_USES.join(' or '));
  return {
    id: asString(members, 'id'),
    accountId: asString(members, 'accountId'),
    use,
    ...(members['name'] === undefined ? {} : { name: asString(members, 'name') }),
    scopes: asStrings(members, 'scopes'),
    createdAtSeconds: asNumber(members, 'createdAtSeconds'),
    expiresAtSeconds: asNumber(members, 'expiresAtSeconds'),
    ...(members['keyHash'] === undefined ? {} : { keyHash: asString(members, 'keyHash') }),
    ...(members['family'] === undefined ? {} : { family: asString(members, 'family') }),
    ...(members['accessTtlSeconds'] === undefined ? {} : { accessTtlSeconds: asNumber(members, 'accessTtlSeconds') }),
  };
}

/** Reads how a token ended. */
export function toTokenEnd(record: string): TokenEnd {
  const members = parseMembers(record);
  return {
    atSeconds: asNumber(members, 'atSeconds'),
    by: asString(members, 'by'),
    ...(members['reason'] === undefined ? {} : { reason: asString(members, 'reason') }),
  };
}

/** The name under which uses are counted together. */
export function nameBasicUse({ accountId, route, reason }: BasicUse): string {
  return JSON.stringify({ accountId, route, reason });
}

/** Reads a count of uses of Basic: a name and `<count>:<Unix seconds>`. */
export function toBasicUse(name: string, sum: string): BasicUse {
  const members = parseMembers(name);
  const [count, lastAtSeconds] = sum.split(':').map(Number);
  return {
    accountId: members['accountId'] === undefined ? undefined : asString(members, 'accountId'),
    route: asString(members, 'route'),
    reason: members['reason'] === undefined ? undefined : asString(members, 'reason'),
    count: asNumber({ count }, 'count'),
    lastAtSeconds: asNumber({ lastAtSeconds }, 'lastAtSeconds'),
  };
}
