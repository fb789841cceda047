import { parseJson } from '../lib/utf8.ts';
import { UnexpectedAnswer } from '../remote/fetch-text.ts';

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
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/**
 * Parses a document that must be a JSON object. Throws an {@link UnexpectedAnswer} otherwise, which does not quote the
 * document, because it may contain secrets.
 */
export function readObject(text: string): JsonObject {
  const value = parseJson(text);
  if (value === undefined) throw new UnexpectedAnswer({ kind: 'not JSON' });
  if (!isObject(value)) throw new UnexpectedAnswer({ kind: 'not an object' });
  return value;
}
