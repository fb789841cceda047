import { parseJson } from '../lib/utf8.ts';
import { UnexpectedAnswer } from './fetch-text.ts';
/** A map of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a map of JSON. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The members of an object that say something. Many issuers write an optional member that they have no value for as
 * `null`, `""` or `[]`, which means the same as leaving it out.
 */
export function membersOf(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** A document that must be a JSON object. The error quotes nothing of it: it may hold anything. */
export function readObject(text: string): JsonObject {
  const value = parseJson(text);
  if (value === undefined) throw new UnexpectedAnswer({ kind: 'not JSON' });
  if (!isObject(value)) throw new UnexpectedAnswer({ kind: 'not an object' });
  return value;
}
