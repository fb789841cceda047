/** The members of a JSON object from a store. Other programs may write there too, so each member is checked. */
export type Members = Readonly<Record<string, unknown>>;

/** Parses a record. Its errors do not quote the record, which may hold a password hash. */
export function parseMembers(record: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch {
    throw new Error('a record is not JSON');
  }
  return membersOf(value);
}

export function membersOf(value: unknown): Members {
  if (typeof value !== 'object' || value === null) throw new Error('a record is not a JSON object');
  return { ...value };
}

export function asString(members: Members, name: string): string {
  const value = members[name];
  return typeof value === 'string' ? value : refuse(name, 'a string');
}

export function asNumber(members: Members, name: string): number {
  const value = members[name];
  return typeof value === 'number' ? value : refuse(name, 'a number');
}

export function asStrings(members: Members, name: string): readonly string[] {
  const list = members[name];
  return Array.isArray(list) && list.every((item) => typeof item === 'string')
    ? list
    : refuse(name, 'a list of strings');
}

export function refuse(name: string, expected: string): never {
  throw new Error(`the member "${name}" of a record is not ${expected}`);
}
