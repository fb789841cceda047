import { nearest } from './nearest.ts';

/** Helpers for messages. They print only the first characters of a value. */

const MAX_QUOTED = 60;

/** `text` in single quotes on one line, with control characters escaped; a long text is truncated. */
export function quote(text: string): string {
  const cut = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text;
  return `'${cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escape)}'`;
}

function escape(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** `a`, `a or b`, `a, b or c`. */
export function list(names: readonly string[], word = 'or'): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} ${word} ${last}`;
}

/** Describes a value in YAML's terms: numbers and booleans in full, anything else by its kind. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'a map';
}

/** Like {@link kindOf}, but quotes strings. Not for values that may be secret. */
export function describe(value: unknown): string {
  return typeof value === 'string' ? quote(value) : kindOf(value);
}

/** `, did you mean 'x'?` if one of the names is close to `word`, otherwise nothing. */
export function suggest(word: string, names: Iterable<string>): string {
  const near = nearest(word, names);
  return near === undefined ? '' : `, did you mean ${quote(near)}?`;
}

/** Replaces what controls a terminal: a subject, a key or the value of an entry may contain anything. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{FFFD}');
}
