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

/** The longest text that {@link shown} does not cut. An `iss` of Entra ID or of EKS is longer than 64 characters, and differs at its end. */
export const MAX_SHOWN = 96;
const MAX_MEMBERS = 5;

/**
 * A value of a JSON document that a stranger wrote, for one line of a log: a string in double quotes, with everything
 * escaped that ends it, controls a terminal or changes the direction of text, and cut after 96 characters; at most five
 * members of an array.
 */
export function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  if (typeof value === 'string') return shownText(value);
  if (Array.isArray(value)) return shownList(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null ? 'null' : 'an object';
}

/** Such as `"a", "b" and 3 more`. */
export function shownList(values: readonly unknown[]): string {
  if (values.length === 0) return 'empty';
  const names = values.slice(0, MAX_MEMBERS).map((value) => (Array.isArray(value) ? 'an array' : shown(value)));
  const more = values.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function shownText(text: string): string {
  const cut = text.slice(0, MAX_SHOWN).replace(/["\\\p{C}\p{Zl}\p{Zp}]/gu, escape);
  return `"${cut}"${text.length > MAX_SHOWN ? '...' : ''}`;
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

/** Breaks a line, or changes the direction of the text after it: Trojan Source (CVE-2021-42574). */
const MISLEADING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Replaces what controls a terminal or reorders a line: a subject, a key or the value of an entry may contain anything. */
export function printable(text: string): string {
  return text.replace(MISLEADING, '\u{FFFD}');
}
