import { createHash } from 'node:crypto';

const REPLACEMENT = '[redacted]';

/** What may be a compact JWS: base64url parts. Never backtracks, however long the line is. */
const PARTS = /[\w-]+(?:\.[\w-]*)*/g;
/** How a JSON object begins in base64url: `{"`, or `{ `. */
const OBJECT = /ey[JA]/;
/** From this length on, one part alone is taken for a piece of a token. */
const TOKEN_PIECE_LENGTH = 20;
/** What follows an authentication scheme, to the end of the word or the next scheme; the space may be escaped. */
const CREDENTIALS = /(Bearer|Basic)(?:\s|\\[nrt]|%20|\+)+[^\s"\\,]+(?:,(?!Bearer|Basic)[^\s"\\,]*)*/gi;
/** User and password in a URL. */
const USER_INFO = /:\/\/[^\s"\\/]+@/g;
/** Where a path ends for one parser or another, encoded or not: what follows may hold anything. */
const END_OF_PATH = /[?#;]|%(?:25)*(?:3f|23|3b)/i;
/** A path segment that is longer than any name of ours may be a token that somebody put there, one with `@` a log-in. */
const TELLING_SEGMENT = /[^/]{33,}|[^/]*@[^/]*/g;

/**
 * The last line of defence: whatever reaches the log by a mistake of ours or a library's, a JWT, the value behind
 * `Bearer` and `Basic` and a URL's password do not.
 */
export function redact(line: string): string {
  return (OBJECT.test(line) ? line.replace(PARTS, redactToken) : line)
    .replace(CREDENTIALS, `$1 ${REPLACEMENT}`)
    .replace(USER_INFO, `://${REPLACEMENT}@`);
}

/** Without the token in it. What stands before it stays: in a line of JSON the `n` of a line break does. */
function redactToken(parts: string): string {
  const start = parts.search(OBJECT);
  if (start < 0 || (!parts.includes('.', start) && parts.length - start < TOKEN_PIECE_LENGTH)) return parts;
  return parts.slice(0, start) + REPLACEMENT;
}

/** A request target as the log may name it: no query, and no segment long enough to be a token. */
export function redactPath(target: string): string {
  const path = target.split(END_OF_PATH, 1)[0] ?? '';
  // Cut last: a token cut short would pass for a name.
  return path.replace(TELLING_SEGMENT, '…').slice(0, 256);
}

/** A short name for a credential, of no use to anyone who does not have it: 48 bits of its SHA-256. */
export function fingerprint(credential: string): string {
  return createHash('sha256').update(credential).digest('hex').slice(0, 12);
}
