import type { Account, SealedSigningKey, TokenRecord } from '../store.ts';

/** The JSON object of a record; hands other than ours write to Redis, so each member is looked at. */
type Members = Readonly<Record<string, unknown>>;

/** Reads an account; throws for what is none, as the others do. */
export function toAccount(record: string): Account {
  const members = parse(record);
  return {
    id: asText(members, 'id'),
    name: asText(members, 'name'),
    passwordHash: asText(members, 'passwordHash'),
    scopes: asTexts(members, 'scopes'),
    createdAtSeconds: asNumber(members, 'createdAtSeconds'),
  };
}

/** Reads what is remembered of a token. */
export function toToken(record: string): TokenRecord {
  const members = parse(record);
  const use = asText(members, 'use');
  if (use !== 'access') throw new Error('the member "use" of a record is not "access"');
  return {
    id: asText(members, 'id'),
    accountId: asText(members, 'accountId'),
    use,
    scopes: asTexts(members, 'scopes'),
    createdAtSeconds: asNumber(members, 'createdAtSeconds'),
    expiresAtSeconds: asNumber(members, 'expiresAtSeconds'),
  };
}

/** Reads a sealed signing key. */
export function toSigningKey(record: string): SealedSigningKey {
  const members = parse(record);
  return {
    kid: asText(members, 'kid'),
    issuer: asText(members, 'issuer'),
    algorithm: asText(members, 'algorithm'),
    sealed: asText(members, 'sealed'),
    createdAtSeconds: asNumber(members, 'createdAtSeconds'),
  };
}

/** Says nothing of what it read: that may be a password's hash. */
function parse(record: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch {
    throw new Error('a record is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw new Error('a record is not a JSON object');
  return { ...value };
}

function asText(members: Members, name: string): string {
  const value = members[name];
  return typeof value === 'string' ? value : refuse(name, 'text');
}

function asNumber(members: Members, name: string): number {
  const value = members[name];
  return typeof value === 'number' ? value : refuse(name, 'a number');
}

function asTexts(members: Members, name: string): readonly string[] {
  const list = members[name];
  return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : refuse(name, 'a list of texts');
}

function refuse(name: string, expected: string): never {
  throw new Error(`the member "${name}" of a record is not ${expected}`);
}
