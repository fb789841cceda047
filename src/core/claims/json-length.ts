/**
 * Whether the JSON of a value has more characters than that. Reads no more of it than it must: a claim may be long, or
 * nested so deeply that `JSON.stringify` takes long or throws.
 */
export function isLongerThan(value: unknown, characters: number): boolean {
  return restOf(characters, value) < 0;
}

/** What a value leaves of a number of characters; negative if its JSON has more. */
function restOf(characters: number, value: unknown): number {
  // Each level of nesting takes two characters, so that the depth is bounded.
  if (characters < 0) return characters;
  if (typeof value === 'string' && value.length > characters) return -1;
  if (typeof value !== 'object' || value === null) return characters - JSON.stringify(value).length;
  return Array.isArray(value) ? restOfMembers(characters, value) : restOfObject(characters, value);
}

function restOfObject(characters: number, value: object): number {
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const names = entries.reduce((sum, [name]) => sum + JSON.stringify(name).length + 1, 0);
  return restOfMembers(
    characters - names,
    entries.map(([, member]) => member),
  );
}

function restOfMembers(characters: number, members: readonly unknown[]): number {
  let rest = characters - '[]'.length - Math.max(0, members.length - 1);
  for (const member of members) {
    if (rest < 0) return rest;
    rest = restOf(rest, member);
  }
  return rest;
}
