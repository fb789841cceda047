import { toNfc } from '../lib/nfc.ts';
import { accountNameKey } from './account.ts';

const MAX_NAME_LENGTH = 128;
/** Names are shorter. */
export const MAX_EMAIL_LENGTH = 254;
const EMAIL = /^[^\s:@]+@[^\s:@]+$/u;

/** Letters, marks and digits of any script, and of ASCII everything that is visible (RFC 8264, section 9.11). */
const VISIBLE = /^[\x21-\x7e\p{L}\p{Mn}\p{Mc}\p{Nd}]$/u;
/** Letters too, but nobody sees them: Hangul fillers, variation selectors. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
const COMBINING = /^\p{M}/u;

/**
 * Why an account cannot have this name; `undefined` where it can. A light form of PRECIS's UsernameCasePreserved (RFC
 * 8265, section 3.4): nothing invisible, nothing that changes direction, no other form of a plain letter, single spaces
 * between words alone. So no two names look the same but for letters that different scripts share. Names of accounts that
 * are there already are not judged.
 */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'the name is empty';
  if (name.length > MAX_NAME_LENGTH) return `the name is over ${MAX_NAME_LENGTH} characters`;
  if (name.includes(':')) return 'the name holds a colon, which ends a name in Basic credentials';
  if (name !== name.trim()) return 'the name begins or ends with a space: leave it out';
  if (name.includes('  ')) return 'the name holds several spaces in a row: write one';
  return characterProblem('name', name, true);
}

/** Why an account cannot have this e-mail address; `undefined` where it can. */
export function emailProblem(email: string): string | undefined {
  if (email.length <= MAX_EMAIL_LENGTH && EMAIL.test(email)) return characterProblem('e-mail address', email, false);
  return `an e-mail address has an @ between two parts, no space, no colon and at most ${MAX_EMAIL_LENGTH} characters`;
}

function characterProblem(what: string, text: string, takesSpaces: boolean): string | undefined {
  if (!text.isWellFormed()) return `the ${what} is not Unicode text`;
  if (COMBINING.test(text)) return `the ${what} begins with a mark that belongs to a letter before it`;
  for (const character of text.normalize('NFC')) {
    if (character === ' ' && takesSpaces) continue;
    if (INVISIBLE.test(character) || !VISIBLE.test(character)) {
      return `the ${what} holds ${codePointOf(character)}: only letters, digits, ASCII punctuation and single spaces are taken`;
    }
    if (character.normalize('NFKC') !== character) {
      return `the ${what} holds ${codePointOf(character)}, another form of '${character.normalize('NFKC')}': write that`;
    }
  }
  const key = accountNameKey(text);
  // A letter that is composed when it is small, and is not when it is a capital: with either it would be another account.
  return key === toNfc(key) ? undefined : `the ${what} holds a capital letter that is two characters: write it small`;
}

/** As Unicode names it, `U+200B`: the character itself may be one that nobody sees. */
function codePointOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
