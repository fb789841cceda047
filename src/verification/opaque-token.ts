import { createHash } from 'node:crypto';
import { DEFAULT_TOKEN_LENGTH } from '../config/config.ts';
import type { Malformation } from './jwt.ts';

/** `b64token` (RFC 6750, section 2.1). */
const TOKEN = /^[\w.~+/-]+=*$/;
/** Base64url's digits in the order of their values (RFC 4648, section 5). */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A token with more `.` and `~` than this is not read in parts. */
const MAX_SEPARATORS = 64;

/** A token that only its issuer's server can read. */
export interface OpaqueToken {
  /** Hex SHA-256 of the token as presented. Another spelling of the same token has another hash. */
  readonly spelling: string;
  /**
   * Hex SHA-256 of each of the token's {@link normalForms}. Two spellings of one token share at least one of them.
   */
  readonly thumbprints: readonly string[];
}

/**
 * Reads a token that consists of `b64token` characters only. Returns the reason if it does not.
 *
 * @param maxLength the longest token to read, in characters.
 */
export function readOpaque(token: string, maxLength = DEFAULT_TOKEN_LENGTH): OpaqueToken | Malformation {
  if (token === '') return 'empty';
  if (token.length > maxLength) return 'length';
  if (!TOKEN.test(token)) return 'characters';
  return { spelling: hash(token), thumbprints: normalForms(token).map(hash) };
}

/** Whether two strings are spellings of one token. */
export function isSameToken(left: string, right: string): boolean {
  if (left === right) return true;
  const others = normalForms(right);
  return normalForms(left).some((form) => others.includes(form));
}

/**
 * Returns the normal forms of an opaque token: without padding, in base64url's alphabet, and with unused bits zero. A
 * server that decodes leniently accepts every other spelling of them as the same token (RFC 4648, sections 3.2 to 3.5
 * and 5).
 *
 * `.` and `~` are not base64url digits. Some servers decode the parts between them separately, others skip them. A token
 * that contains any therefore has two normal forms. With more than {@link MAX_SEPARATORS} it has only the form without
 * them: no server issues such a token, and normalizing its parts takes milliseconds.
 */
export function normalForms(token: string): readonly string[] {
  const digits = withoutPadding(token).replaceAll('+', '-').replaceAll('/', '_');
  const plain = digits.replace(/[.~]/g, '');
  const joined = clearUnusedBits(plain);
  const separators = digits.length - plain.length;
  const hasParts = separators > 0 && separators <= MAX_SEPARATORS;
  return hasParts ? [digits.replace(/[^.~]+/g, clearUnusedBits), joined] : [joined];
}

/** A pattern such as `=+$` would take time that grows with the square of the length. */
function withoutPadding(token: string): string {
  let end = token.length;
  while (token[end - 1] === '=') end -= 1;
  return token.slice(0, end);
}

/** A digit holds 6 bits. Of the last two digits 4 bits are unused, of the last three 2 bits, and of a single one all. */
function clearUnusedBits(part: string): string {
  const remainder = part.length % 4;
  if (remainder === 0) return part;
  const used = part.slice(0, -1);
  if (remainder === 1) return used;
  const unused = remainder === 2 ? 0b1111 : 0b11;
  return used + DIGITS.charAt(DIGITS.indexOf(part.slice(-1)) & ~unused);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
