/** How the problems of a configuration speak. None of it prints more of a value than its first characters. */

const MAX_QUOTED = 60;

/** `text` in single quotes on one line: control characters escaped, the end of a long one cut off. */
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

/** A value as YAML knows it: numbers and truth values in full, of all else the kind alone. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'a map';
}

/** Like {@link kindOf}, with a string's text: never for a place where a secret may stand. */
export function describe(value: unknown): string {
  return typeof value === 'string' ? quote(value) : kindOf(value);
}

/** `, did you mean 'x'?` where one of the names is close to `word`, otherwise nothing. */
export function suggest(word: string, names: Iterable<string>): string {
  const near = nearest(word, names);
  return near === undefined ? '' : `, did you mean ${quote(near)}?`;
}

/** The name that `word` is a slip of, if any: one slip for each three letters, two at most. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  let found: string | undefined;
  let best = Math.min(2, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= best) continue;
    const distance = countSlips(word.toLowerCase(), name.toLowerCase());
    if (distance >= best) continue;
    best = distance;
    found = name;
  }
  return found;
}

/** Characters too many, missing, wrong or swapped with the next (optimal string alignment distance). */
function countSlips(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const wrong = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? at(before, j - 2) + 1 : Infinity;
      next.push(Math.min(wrong, swapped, at(row, j) + 1, at(next, j - 1) + 1));
    }
    before = row;
    row = next;
  }
  return at(row, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
