/** What a text says beyond what anybody would try first: the parts of a password that are worth nothing. */

/** Keys and letters that follow each other; the digits go round, from 9 to 0. */
const ROWS = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'qwertzuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
];
/** A sequence takes so many steps before it may begin anew elsewhere. */
const STEPS_PER_BREAK = 5;
/** More digits or signs than a date has are hard to guess, unless they are a pattern. */
const MAX_PADDING = 8;
/** A repeated part that is longer is judged by itself. */
const MAX_PLAIN_UNIT = 7;

/** Letters as they are often written in passwords. */
const WRITTEN_FOR: Readonly<Record<string, string>> = {
  '0': 'o',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** Whether a lower-case text goes along the alphabet, the digits or a row of keys, or repeats a few characters. */
export function isPattern(text: string): boolean {
  const unit = unitOf(text);
  return (unit !== text && unit.length <= MAX_PLAIN_UNIT) || isSequence(text);
}

/** The shortest text that a text repeats, at least twice; the text itself where there is none. */
export function unitOf(text: string): string {
  for (let length = 1; length <= text.length / 2; length++) {
    const unit = text.slice(0, length);
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit;
  }
  return text;
}

/** Without the digits and signs around it that add nothing: years, dates, sequences, exclamation marks. */
export function withoutPadding(text: string): string {
  const characters = Array.from(text);
  const letters = characters.map((character) => /\p{L}/u.test(character));
  const first = letters.indexOf(true);
  if (first < 0) return isPadding(text) ? '' : text;
  const last = letters.lastIndexOf(true);
  const [before, after] = [characters.slice(0, first).join(''), characters.slice(last + 1).join('')];
  const from = isPadding(before) ? first : 0;
  return characters.slice(from, isPadding(after) ? last + 1 : undefined).join('');
}

/** With letters in place of the digits and signs that stand for them; 1 stands for either of two. */
export function withLetters(text: string): readonly string[] {
  const plain = text.replace(/[03457@$!]/g, (sign) => WRITTEN_FOR[sign] ?? sign);
  return [plain.replaceAll('1', 'l'), plain.replaceAll('1', 'i')];
}

function isPadding(text: string): boolean {
  const groups = text.match(/\p{Nd}+|\P{Nd}+/gu) ?? [];
  const unforeseen = groups.filter((group) => !isPattern(group));
  return unforeseen.reduce((sum, group) => sum + group.length, 0) <= MAX_PADDING;
}

function isSequence(text: string): boolean {
  let breaks = 0;
  for (let index = 1; index < text.length; index++) {
    if (!isStep(text.charAt(index - 1), text.charAt(index))) breaks += 1;
  }
  return breaks < text.length / STEPS_PER_BREAK;
}

function isStep(one: string, next: string): boolean {
  return one === next || ROWS.some((row) => row.includes(one + next) || row.includes(next + one));
}
