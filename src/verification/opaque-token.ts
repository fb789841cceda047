import { createHash } from 'node:crypto';
import { DEFAULT_TOKEN_LENGTH } from '../config/config.ts';
import type { Malformation } from './jwt.ts';

/** `b64token` (RFC 6750, section 2.1). */
const TOKEN = /^[\w.~+/-]+=*$/;
/** Base64url's digits in the order of their values (RFC 4648, section 5). */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Most `.` and `~` of a token that is read in parts. */
const MAX_SEPARATORS = 64;

/** A token that is opaque to us. */
export interface OpaqueToken {
  /** Hex SHA-256 of the token as it was presented. Another spelling of the same token has another one. */
  readonly spelling: string;
  /**
   * Hex SHA-256 of the token's normal forms: two spellings of one token share at least one of them.
   * See {@link normalForms}.
   */
  readonly thumbprints: readonly string[];
}

/**
 * Reads a token of no other than `b64token` characters; or says what keeps it from being one.
 *
 * @param maxLength of a token that is looked at, in characters.
 */
export function readOpaque(token: string, maxLength = DEFAULT_TOKEN_LENGTH): OpaqueToken | Malformation {
  if (token === '') return 'empty';
  if (token.length > maxLength) return 'length';
  if (!TOKEN.test(token)) return 'characters';
  return { spelling: hash(token), thumbprints: normalForms(token).map(hash) };
}

/** Whether two texts are spellings of one token. */
export function isSameToken(left: string, right: string): boolean {
  if (left === right) return true;
  const others = normalForms(right);
  return normalForms(left).some((form) => others.includes(form));
}

/**
 * The spellings of an opaque token that stand for all others: without padding, in base64url's alphabet, and with unused
 * bits zero. Servers that decode leniently take every other spelling for the same token (RFC 4648, sections 3.2 to 3.5
 * and 5).
 *
 * `.` and `~` are no digits of base64url. To one server they separate parts, each decoded by itself; another skips them,
 * wherever they stand. So a token that holds any has two normal forms; with more than {@link MAX_SEPARATORS} of them it has
 * only the one without, since no server makes such a token, and going through its parts takes milliseconds.
 */
export function normalForms(token: string): readonly string[] {
  const digits = token.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
  const plain = digits.replace(/[.~]/g, '');
  const joined = clearUnusedBits(plain);
  const separators = digits.length - plain.length;
  const hasParts = separators > 0 && separators <= MAX_SEPARATORS;
  return hasParts ? [digits.replace(/[^.~]+/g, clearUnusedBits), joined] : [joined];
}

/** Digits hold 6 bits: of two digits 4 bits are left over, of three 2, and a single one is left over as a whole. */
function clearUnusedBits(part: string): string {
  const over = part.length % 4;
  if (over === 0) return part;
  const used = part.slice(0, -1);
  if (over === 1) return used;
  const unused = over === 2 ? 0b1111 : 0b11;
  return used + DIGITS.charAt(DIGITS.indexOf(part.slice(-1)) & ~unused);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
