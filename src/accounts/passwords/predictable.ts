/** Recognizes the parts of a password that add nothing to its strength. */

/** Sequences of keys and letters; 0 also follows 9. */
const ROWS = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'qwertzuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
];
/** A string is a sequence if it has fewer than one break in this many characters. */
const STEPS_PER_BREAK = 5;
/** The length of a date. More digits or symbols are hard to guess, unless they are a pattern. */
const MAX_PADDING = 8;
/** A longer repeated part is not a pattern by itself. */
const MAX_PLAIN_UNIT = 7;

/** The letters that these digits and symbols often replace in passwords. */
const LETTER_FOR: Readonly<Record<string, string>> = {
  '0': 'o',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** Whether a lower-case string follows the alphabet, the digits or a row of keys, or repeats a few characters. */
export function isPattern(text: string): boolean {
  const unit = unitOf(text);
  return (unit !== text && unit.length <= MAX_PLAIN_UNIT) || isSequence(text);
}

/** Returns the shortest string that, repeated at least twice, gives the text; the text itself if there is none. */
export function unitOf(text: string): string {
  for (let length = 1; length <= text.length / 2; length++) {
    const unit = text.slice(0, length);
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit;
  }
  return text;
}

/** Removes digits and symbols at both ends that add nothing: years, dates, sequences, exclamation marks. */
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

/** Returns the text with letters for the digits and symbols that replace them, once with l and once with i for 1. */
export function withLetters(text: string): readonly string[] {
  const plain = text.replace(/[03457@$!]/g, (symbol) => LETTER_FOR[symbol] ?? symbol);
  return [plain.replaceAll('1', 'l'), plain.replaceAll('1', 'i')];
}

function isPadding(text: string): boolean {
  const groups = text.match(/\p{Nd}+|\P{Nd}+/gu) ?? [];
  const unpredictable = groups.filter((group) => !isPattern(group));
  return unpredictable.reduce((sum, group) => sum + group.length, 0) <= MAX_PADDING;
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
