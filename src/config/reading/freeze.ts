/** Freezes plain objects and arrays recursively; does not touch maps, sets and class instances. */
export function deepFreeze<T>(value: T): T {
  if (!isPlain(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
