import { createHash } from 'node:crypto';
import { DEFAULT_TOKEN_LENGTH } from '../config/config.ts';
import type { Malformation } from './token.ts';

/** `b64token` (RFC 6750, section 2.1). */
const TOKEN = /^[\w.~+/-]+=*$/;
/** Base64url's digits in the order of their values (RFC 4648, section 5). */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A token that is opaque to us. */
export interface OpaqueToken {
  /** Hex SHA-256 of the token as it was presented. Another spelling of the same token has another one. */
  readonly spelling: string;
  /** Hex SHA-256 of the token's normal form, which all its spellings share: {@link normalForm}. */
  readonly thumbprint: string;
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
  return { spelling: hash(token), thumbprint: hash(normalForm(token)) };
}

/** Whether two texts are spellings of one token. */
export function isSameToken(left: string, right: string): boolean {
  return left === right || normalForm(left) === normalForm(right);
}

/**
 * The one spelling of an opaque token that stands for all: without padding, in base64url's alphabet, and with the
 * unused bits of each part zero. Servers that decode leniently take every other spelling for the same token
 * (RFC 4648, sections 3.2, 3.5 and 5). Parts are separated by `.` and `~`, which are no digits of base64url.
 */
export function normalForm(token: string): string {
  return token
    .replace(/=+$/, '')
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .split(/([.~])/)
    .map(clearUnusedBits)
    .join('');
}

/** Digits hold 6 bits: of two digits 4 bits are left over, of three 2, and a single one is left over as a whole. */
function clearUnusedBits(part: string): string {
  const over = part.length % 4;
  if (over === 0 || part === '.' || part === '~') return part;
  const used = part.slice(0, -1);
  if (over === 1) return used;
  const unused = over === 2 ? 0b1111 : 0b11;
  return used + DIGITS.charAt(DIGITS.indexOf(part.slice(-1)) & ~unused);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
