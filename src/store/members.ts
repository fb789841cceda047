/** The members of a JSON object that a store keeps; hands other than ours write there too, so each is looked at. */
export type Members = Readonly<Record<string, unknown>>;

/** Says nothing of what it read: that may be a password's hash. */
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

export function asText(members: Members, name: string): string {
  const value = members[name];
  return typeof value === 'string' ? value : refuse(name, 'text');
}

export function asNumber(members: Members, name: string): number {
  const value = members[name];
  return typeof value === 'number' ? value : refuse(name, 'a number');
}

export function asTexts(members: Members, name: string): readonly string[] {
  const list = members[name];
  return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : refuse(name, 'a list of texts');
}

export function refuse(name: string, expected: string): never {
  throw new Error(`the member "${name}" of a record is not ${expected}`);
}
