import { TOKEN_USES } from '../../core/known.ts';
import type { Account, SealedSigningKey, TokenEnd, TokenRecord } from '../store.ts';

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
  const use = TOKEN_USES.find((name) => name === members['use']) ?? refuse('use', TOKEN_USES.join(' or '));
  return {
    id: asText(members, 'id'),
    accountId: asText(members, 'accountId'),
    use,
    ...(members['name'] === undefined ? {} : { name: asText(members, 'name') }),
    scopes: asTexts(members, 'scopes'),
    createdAtSeconds: asNumber(members, 'createdAtSeconds'),
    expiresAtSeconds: asNumber(members, 'expiresAtSeconds'),
  };
}

/** Reads how a token ended. */
export function toTokenEnd(record: string): TokenEnd {
  const members = parse(record);
  return {
    atSeconds: asNumber(members, 'atSeconds'),
    by: asText(members, 'by'),
    ...(members['reason'] === undefined ? {} : { reason: asText(members, 'reason') }),
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
