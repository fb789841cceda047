/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Returns the non-empty members of an object. Many issuers write an optional member without a value as `null`, `""` or
 * `[]`, which means the same as omitting it.
 */
export function membersOf(object: JsonObject): JsonObject {
  // Most objects have none, and a copy takes as long as the parsing.
  if (!Object.values(object).some(isEmpty)) return object;
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}
