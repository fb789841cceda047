import type { JsonObject } from '../lib/json-object.ts';
import { isObject } from '../lib/json-object.ts';
import { parseJson } from '../lib/utf8.ts';
import { UnexpectedAnswer } from '../remote/fetch-text.ts';

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
