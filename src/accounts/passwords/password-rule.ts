import { readFile } from 'node:fs/promises';
import { toNfc } from '../../lib/nfc.ts';
import { isPattern, unitOf, withLetters, withoutPadding } from './predictable.ts';

/** NIST SP 800-63B-4, section 3.1.1.2, for a password that is the only factor; it asks for no mixture of kinds. */
const MIN_PASSWORD_CHARACTERS = 15;
const MAX_PASSWORD_BYTES = 1024;
/** What a password has beyond expected words must be at least so long. */
const MIN_REST = 8;
/** Shorter parts of a name are parts of many words. */
const MIN_WORD = 3;
/** What anybody would try here. */
const EXPECTED_HERE = ['sallyport', 'smsgate', 'smsgateway', 'gateway'];
const ADVICE = 'take four or more words that do not belong together, or one from a password manager';

const COMMON = new URL('common-passwords.txt', import.meta.url);

/** What an account is called; a password must not follow from it. */
export interface CalledAs {
  readonly name: string;
  readonly email?: string | undefined;
}

/** Why a password cannot be hashed at all; `undefined` where it can. */
export function unusablePassword(password: string): string | undefined {
  if (password === '') return 'the password is empty';
  if (!password.isWellFormed()) return 'the password is not Unicode text';
  if (/\p{Cc}/u.test(password)) return 'the password holds a control character, which HTTP Basic does not allow';
  return Buffer.byteLength(toNfc(password)) > MAX_PASSWORD_BYTES
    ? `the password is over ${MAX_PASSWORD_BYTES} bytes`
    : undefined;
}

/**
 * Why an account cannot have this password, with what to do; `undefined` where it can. Refused as NIST SP 800-63B-4 asks:
 * what is short, commonly used, or expected, which is the account's name, the product's, patterns, and simple derivations
 * of those. The list of common ones is read each time: passwords are set seldom.
 */
export async function weakPassword(password: string, called: CalledAs): Promise<string | undefined> {
  if (Array.from(toNfc(password)).length < MIN_PASSWORD_CHARACTERS) {
    return `the password is under ${MIN_PASSWORD_CHARACTERS} characters: ${ADVICE}`;
  }
  const plain = password.normalize('NFKC').toLowerCase();
  if (isPattern(plain)) return `the password repeats a few characters or follows the keyboard: ${ADVICE}`;
  const rest = restOf(plain, called);
  if (rest !== undefined && (rest.length < MIN_REST || isPattern(rest) || withoutPadding(rest) === '')) {
    return `the password follows from the account's name or from Sallyport's: ${ADVICE}`;
  }
  const cores = [plain, ...(rest === undefined ? [] : [rest])].flatMap(coresOf);
  if (cores.includes('')) return `the password has only digits or signs that are easy to guess: ${ADVICE}`;
  const common = await readFile(COMMON, 'utf8');
  if (cores.some((core) => common.includes(`\n${core}\n`))) {
    return `the password is one of the most common, or made of one: ${ADVICE}`;
  }
  return undefined;
}

/** What is left of a password without the words that anybody would try for this account; `undefined` where it has none. */
function restOf(plain: string, { name, email = '' }: CalledAs): string | undefined {
  const calls = [name, email, ...email.split('@'), ...name.split(/[^\p{L}\p{N}]+/u)];
  const words = [...calls, ...EXPECTED_HERE]
    .map((word) => lettersAndDigits(word.normalize('NFKC').toLowerCase()))
    .filter((word) => word.length >= MIN_WORD)
    .toSorted((one, other) => other.length - one.length);
  const rests = [plain, ...withLetters(withoutPadding(plain))].map(lettersAndDigits).flatMap((whole) => {
    const rest = words.reduce((left, word) => left.replaceAll(word, ''), whole);
    return rest === whole ? [] : [rest];
  });
  return rests.toSorted((one, other) => one.length - other.length)[0];
}

/** What a password comes down to: its words without padding, signs and repetition, and with letters for digits. */
function coresOf(plain: string): readonly string[] {
  const core = withoutPadding(plain);
  const forms = [plain, core, ...withLetters(core)];
  return [...new Set([...forms, ...forms.map(lettersAndDigits)].map((form) => unitOf(form)))];
}

function lettersAndDigits(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}
