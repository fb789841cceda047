import { createHash } from 'node:crypto';

/** Replaces a secret in a log line. */
export const REPLACEMENT = '[redacted]';

/** A possible compact JWS: base64url parts with dots, which may be escaped. Never backtracks, even on a long line. */
const PARTS = /[\w-]+(?:(?:\.|%2e)[\w-]*)*/gi;
const DOT = /\.|%2e/i;
/** The possible starts of a JSON object in base64url: `{` and `"`, white space, or `}`. */
const OBJECT = /e(?:y[A-DI-L]|w[k-r0-3]|3[0-3])/g;
/** The start of compact JSON: `{"` or `{ `. It is so rare in ordinary text that no further check is needed. */
const COMPACT_OBJECT = /^ey[JA]/;
/** White space before the object, at the start of a part or after the rest of an escape (`\n`, `%20`). */
const INDENTED_OBJECT = /(?<![\w-])[\w-]{0,2}?[ICD]/g;
/** The start of a decoded header, in any layout. */
const HEADER = /^\s*\{\s*(?:"[ -~]|\})/;
/** The most candidates to decode in one word. A word with more false candidates is redacted completely. */
const MAX_LOOKS = 200;
/** The characters that are decoded to recognise a header: 48 bytes. */
const HEADER_LENGTH = 64;
/** A single part of at least this length is treated as a piece of a token. */
const TOKEN_PIECE_LENGTH = 20;
/**
 * A SHA-256 in hex, such as a thumbprint; a trace id; a UUID, such as a request id. Some have digits that decode to `{}`. No part of
 * a JWT is all hex.
 */
const HEX_ID = /^(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
/** An authentication scheme and the credential after it, up to the next scheme; the space may be escaped. */
const CREDENTIALS = /(Bearer|Basic)(?:\s|\\[nrt]|%20|\+)+[^\s"\\,]+(?:,(?!Bearer|Basic)[^\s"\\,]*)*/gi;
/** The user and password of a URL. */
const USER_INFO = /:\/\/[^\s"\\/]+@/g;

/** The random part and the checksum of an API key, whatever its prefix. Its prefix is no secret. */
const API_KEY = /(?<=[a-z0-9]_)[0-9A-Za-z]{36}(?![0-9A-Za-z])/g;

/**
 * Redacts JWTs, API keys, the values after `Bearer` and `Basic`, and passwords in URLs. The last line of defence against mistakes
 * in our own code and in libraries.
 */
export function redact(line: string): string {
  return line
    .replace(PARTS, redactToken)
    .replace(API_KEY, REPLACEMENT)
    .replace(CREDENTIALS, `$1 ${REPLACEMENT}`)
    .replace(USER_INFO, `://${REPLACEMENT}@`);
}

/** Redacts the token. Keeps what precedes it, such as the `n` of an escaped line break in JSON. */
function redactToken(parts: string): string {
  if (parts.length < TOKEN_PIECE_LENGTH && !DOT.test(parts)) return parts;
  if (HEX_ID.test(parts)) return parts;
  const start = findToken(parts);
  if (start < 0 || (parts.length - start < TOKEN_PIECE_LENGTH && !DOT.test(parts.slice(start)))) return parts;
  return parts.slice(0, start) + REPLACEMENT;
}

/** Returns the index of the first part that decodes to a JSON object; -1 if there is none. */
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

/** Returns a short name for a credential that does not reveal it: 48 bits of its SHA-256. */
export function fingerprint(credential: string): string {
  return createHash('sha256').update(credential).digest('hex').slice(0, 12);
}
