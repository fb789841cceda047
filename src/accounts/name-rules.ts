import { toNfc } from '../lib/nfc.ts';
import { accountNameKey } from './account.ts';

const MAX_NAME_LENGTH = 128;
/** In UTF-16 code units. No account name is longer than this. */
export const MAX_EMAIL_LENGTH = 254;
const EMAIL = /^[^\s:@]+@[^\s:@]+$/u;

/** Letters, marks and digits of any script, and visible ASCII characters (RFC 8264, sections 9.1 and 9.11). */
const VISIBLE = /^[\x21-\x7e\p{L}\p{Mn}\p{Mc}\p{Nd}]$/u;
/** Letters and marks that are not displayed: Hangul fillers, variation selectors. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
const COMBINING = /^\p{M}/u;

/**
 * Returns the reason why a new account cannot have this name, or `undefined`. The rules are a simple form of PRECIS's
 * UsernameCasePreserved (RFC 8265, section 3.4): no invisible characters, no change of direction, no other form of a
 * plain letter, and only single spaces, between words. Two names therefore look alike only if they use similar letters
 * of different scripts. Existing names are not checked.
 */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'the name must not be empty';
  if (name.length > MAX_NAME_LENGTH) return `the name must have at most ${MAX_NAME_LENGTH} characters`;
  if (name.includes(':')) return 'the name must not contain a colon, which ends the name in Basic credentials';
  if (name !== name.trim()) return 'the name must not begin or end with a space';
  if (name.includes('  ')) return 'the name must not contain several spaces in a row';
  return characterProblem('name', name, true);
}

/** Returns the reason why an account cannot have this e-mail address, or `undefined`. */
export function emailProblem(email: string): string | undefined {
  if (email.length <= MAX_EMAIL_LENGTH && EMAIL.test(email)) return characterProblem('e-mail address', email, false);
  const limit = `at most ${MAX_EMAIL_LENGTH} characters`;
  return `the e-mail address must have an @ between two parts, no space, no colon and ${limit}`;
}

function characterProblem(field: string, value: string, allowsSpaces: boolean): string | undefined {
  if (!value.isWellFormed()) return `the ${field} must be Unicode text`;
  if (COMBINING.test(value)) return `the ${field} must not begin with a combining mark`;
  for (const character of value.normalize('NFC')) {
    if (character === ' ' && allowsSpaces) continue;
    if (INVISIBLE.test(character) || !VISIBLE.test(character)) {
      return `the ${field} contains ${codePointOf(character)}; only letters, digits, ASCII punctuation and single spaces are allowed`;
    }
    if (character.normalize('NFKC') !== character) {
      const plain = character.normalize('NFKC');
      return `the ${field} contains ${codePointOf(character)}, another form of '${plain}'; use the plain form`;
    }
  }
  const key = accountNameKey(value);
  // The lower-case letter has a composed form, but the capital does not, so the two spellings would have different
  // keys.
  return key === toNfc(key)
    ? undefined
    : `the ${field} contains a capital letter that consists of two characters; use the lower-case letter`;
}

/** Returns the Unicode notation of a character, such as `U+200B`, because the character itself may be invisible. */
function codePointOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
