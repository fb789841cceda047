import { readFile } from 'node:fs/promises';
import { toNfc } from '../../lib/nfc.ts';
import { isPattern, unitOf, withLetters, withoutPadding } from './predictable.ts';

/**
 * NIST SP 800-63B-4, section 3.1.1.2, for a password that is the only factor. It requires no mix of character types.
 */
const MIN_PASSWORD_CHARACTERS = 15;
const MAX_PASSWORD_BYTES = 1024;
/** The minimum length of a password without its expected words, if it contains any. */
const MIN_REST = 8;
/** Shorter parts of a name occur in many words, so they are not treated as expected. */
const MIN_WORD = 3;
/** Words that an attacker would try first at this product. */
const EXPECTED_HERE = ['sallyport', 'smsgate', 'smsgateway', 'gateway'];
const ADVICE = 'use four or more unrelated words, or a password from a password manager';

const COMMON = new URL('common-passwords.txt', import.meta.url);

/** The name and the e-mail address of an account; its password must not be derived from them. */
export interface CalledAs {
  readonly name: string;
  readonly email?: string | undefined;
}

/** Returns the reason why a password cannot be used at all, or `undefined`. */
export function unusablePassword(password: string): string | undefined {
  if (password === '') return 'the password must not be empty';
  if (!password.isWellFormed()) return 'the password must be Unicode text';
  if (/\p{Cc}/u.test(password))
    return 'the password must not contain control characters, which HTTP Basic does not allow';
  return Buffer.byteLength(toNfc(password)) > MAX_PASSWORD_BYTES
    ? `the password must have at most ${MAX_PASSWORD_BYTES} bytes`
    : undefined;
}

/**
 * Returns the reason why an account must not have this password, with advice, or `undefined`. As NIST SP 800-63B-4
 * requires, it refuses passwords that are short, commonly used or expected: the names of the account and the product,
 * patterns, and simple derivations of them. The list of common passwords is read on each call, because passwords are
 * rarely set.
 */
export async function weakPassword(password: string, called: CalledAs): Promise<string | undefined> {
  if (Array.from(toNfc(password)).length < MIN_PASSWORD_CHARACTERS) {
    return `the password must have at least ${MIN_PASSWORD_CHARACTERS} characters: ${ADVICE}`;
  }
  const plain = password.normalize('NFKC').toLowerCase();
  if (isPattern(plain)) return `the password repeats a few characters or follows the keyboard: ${ADVICE}`;
  const rest = restOf(plain, called);
  if (rest !== undefined && (rest.length < MIN_REST || isPattern(rest) || withoutPadding(rest) === '')) {
    return `the password is derived from the account's name or from Sallyport's: ${ADVICE}`;
  }
  const cores = [plain, ...(rest === undefined ? [] : [rest])].flatMap(coresOf);
  if (cores.includes('')) return `the password has only digits or symbols that are easy to guess: ${ADVICE}`;
  const common = await readFile(COMMON, 'utf8');
  if (cores.some((core) => common.includes(`\n${core}\n`))) {
    return `the password is one of the most common, or derived from one: ${ADVICE}`;
  }
  return undefined;
}

/** Returns the password without the words expected for this account; `undefined` if it contains none of them. */
function restOf(plain: string, { name, email = '' }: CalledAs): string | undefined {
  const names = [name, email, ...email.split('@'), ...name.split(/[^\p{L}\p{N}]+/u)];
  const words = [...names, ...EXPECTED_HERE]
    .map((word) => lettersAndDigits(word.normalize('NFKC').toLowerCase()))
    .filter((word) => word.length >= MIN_WORD)
    .toSorted((one, other) => other.length - one.length);
  const rests = [plain, ...withLetters(withoutPadding(plain))].map(lettersAndDigits).flatMap((whole) => {
    const rest = words.reduce((left, word) => left.replaceAll(word, ''), whole);
    return rest === whole ? [] : [rest];
  });
  return rests.toSorted((one, other) => one.length - other.length)[0];
}

/** Returns the simplified forms of a password: without padding, symbols and repetition, and with letters for digits. */
function coresOf(plain: string): readonly string[] {
  const core = withoutPadding(plain);
  const forms = [plain, core, ...withLetters(core)];
  return [...new Set([...forms, ...forms.map(lettersAndDigits)].map((form) => unitOf(form)))];
}

function lettersAndDigits(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}
