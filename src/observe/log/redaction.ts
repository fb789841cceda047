import { createHash } from 'node:crypto';

/** Stands in a log where a secret was. */
export const REPLACEMENT = '[redacted]';

/** What may be a compact JWS: base64url parts; the dots may be escaped. Never backtracks, however long the line is. */
const PARTS = /[\w-]+(?:(?:\.|%2e)[\w-]*)*/gi;
const DOT = /\.|%2e/i;
/** How a JSON object may begin in base64url: `{` and `"`, white space, or `}`. */
const OBJECT = /e(?:y[A-DI-L]|w[k-r0-3]|3[0-3])/g;
/** How compact JSON begins: `{"`, or `{ `. So seldom in words that no more is asked. */
const COMPACT_OBJECT = /^ey[JA]/;
/** White space may stand before it: where a part begins, or behind the rest of an escape (`\n`, `%20`). */
const INDENTED_OBJECT = /(?<![\w-])[\w-]{0,2}?[ICD]/g;
/** What a header decodes to, however it is printed. */
const HEADER = /^\s*\{\s*(?:"[ -~]|\})/;
/** In one word. One with more beginnings that turn out to be none is left out as a whole. */
const MAX_LOOKS = 200;
/** As much of a part as tells whether it is one: 48 bytes. */
const HEADER_LENGTH = 64;
/** From this length on, one part alone is taken for a piece of a token. */
const TOKEN_PIECE_LENGTH = 20;
/** What follows an authentication scheme, to the end of the word or the next scheme; the space may be escaped. */
const CREDENTIALS = /(Bearer|Basic)(?:\s|\\[nrt]|%20|\+)+[^\s"\\,]+(?:,(?!Bearer|Basic)[^\s"\\,]*)*/gi;
/** User and password in a URL. */
const USER_INFO = /:\/\/[^\s"\\/]+@/g;

/**
 * The last line of defence: whatever reaches the log by a mistake of ours or a library's, a JWT, the value behind
 * `Bearer` and `Basic` and a URL's password do not.
 */
export function redact(line: string): string {
  return line
    .replace(PARTS, redactToken)
    .replace(CREDENTIALS, `$1 ${REPLACEMENT}`)
    .replace(USER_INFO, `://${REPLACEMENT}@`);
}

/** Without the token in it. What stands before it stays: in a line of JSON the `n` of a line break does. */
function redactToken(parts: string): string {
  if (parts.length < TOKEN_PIECE_LENGTH && !DOT.test(parts)) return parts;
  const start = findToken(parts);
  if (start < 0 || (parts.length - start < TOKEN_PIECE_LENGTH && !DOT.test(parts.slice(start)))) return parts;
  return parts.slice(0, start) + REPLACEMENT;
}

/** Where the first part begins that decodes to a JSON object; -1 where none does. */
function findToken(parts: string): number {
  const objects = parts.matchAll(OBJECT).map(({ index }) => index);
  const indented = parts.matchAll(INDENTED_OBJECT).map(({ index, 0: found }) => index + found.length - 1);
  const found = [findHeader(parts, objects), findHeader(parts, indented)].filter((start) => start >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

function findHeader(parts: string, starts: Iterable<number>): number {
  let looks = 0;
  for (const start of starts) {
    looks += 1;
    if (looks > MAX_LOOKS) return 0;
    if (COMPACT_OBJECT.test(parts.slice(start, start + 3)) || isHeader(parts, start)) return start;
  }
  return -1;
}

function isHeader(parts: string, start: number): boolean {
  const part = parts.slice(start, start + HEADER_LENGTH).split(DOT, 1)[0] ?? '';
  return HEADER.test(Buffer.from(part, 'base64url').toString('latin1'));
}

/** A short name for a credential, of no use to anyone who does not have it: 48 bits of its SHA-256. */
export function fingerprint(credential: string): string {
  return createHash('sha256').update(credential).digest('hex').slice(0, 12);
}
