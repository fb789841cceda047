/** The longest path that is accepted, without its query. */
const MAX_PATH_LENGTH = 2048;

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;
const QUESTION = 0x3f;
const HASH = 0x23;
const BACKSLASH = 0x5c;
const SEMICOLON = 0x3b;
const DELETE = 0x7f;

/** Must not occur in a path that was decoded once: it would decode further. */
const ESCAPE = /%[0-9a-f]{2}/i;

/**
 * The path of a request target without its query, or `undefined` if two parsers could read it in two ways: a gateway
 * that sees one resource in front of an upstream that serves another can be bypassed.
 *
 * Refuses, and never repairs: a missing leading slash, dot segments, `//`, `;` parameters, `#`, backslashes, spaces,
 * control and non-ASCII bytes, broken percent-encoding, encoded `/ \ . ; ? #` and control bytes, double encoding,
 * percent-encoded bytes that are not UTF-8, and paths over 2048 bytes.
 */
export function readPath(target: string): string | undefined {
  if (target.charCodeAt(0) !== SLASH) return undefined;
  let segmentStart = 1;
  let encoded = false;
  let end = target.length;
  for (let index = 1; index < target.length; index++) {
    const byte = target.charCodeAt(index);
    if (byte === SLASH) {
      if (index === segmentStart || isDotSegment(target, segmentStart, index)) return undefined;
      segmentStart = index + 1;
    } else if (byte === QUESTION) {
      end = index;
      break;
    } else if (byte === PERCENT) {
      if (!isPlainEscape(target, index)) return undefined;
      encoded = true;
    } else if (byte <= 0x20 || byte >= DELETE || byte === HASH || byte === BACKSLASH || byte === SEMICOLON) {
      return undefined;
    }
  }
  if (end > MAX_PATH_LENGTH || isDotSegment(target, segmentStart, end) || !isPlainQuery(target, end)) return undefined;
  const path = end === target.length ? target : target.slice(0, end);
  return encoded && !decodesOnce(path) ? undefined : path;
}

/** Percent-decodes a path that {@link readPath} returned; `undefined` if its bytes are not UTF-8. */
export function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

const ENCODED = /[^\x21-\x7e]+|%/gu;

/**
 * The canonical spelling of a decoded path, which rules match: visible ASCII unchanged, `%` and all else
 * percent-encoded as UTF-8 with upper-case hex digits (RFC 3986, section 2.1).
 */
export function encodePath(decoded: string): string {
  return decoded.toWellFormed().replace(ENCODED, encodeURIComponent);
}

/** Whether decoding a second time changes nothing. Inspects the decoded path: `%25%32%66` does not contain `%252f`. */
function decodesOnce(path: string): boolean {
  const decoded = decodePath(path);
  return decoded !== undefined && !ESCAPE.test(decoded);
}

function isDotSegment(target: string, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0 || length > 2 || target.charCodeAt(start) !== DOT) return false;
  return length === 1 || target.charCodeAt(start + 1) === DOT;
}

/** Whether the escape at `index` is well formed and not a separator, which splits the path after decoding. */
function isPlainEscape(target: string, index: number): boolean {
  const byte = escapedByte(target, index);
  if (byte === undefined || byte < 0x20 || byte === DELETE) return false;
  if (byte === QUESTION || byte === HASH) return false;
  return byte !== SLASH && byte !== BACKSLASH && byte !== DOT && byte !== SEMICOLON;
}

function escapedByte(target: string, index: number): number | undefined {
  return isHexPair(target, index + 1) ? Number.parseInt(target.slice(index + 1, index + 3), 16) : undefined;
}

function isHexPair(target: string, index: number): boolean {
  return isHexDigit(target.charCodeAt(index)) && isHexDigit(target.charCodeAt(index + 1));
}

function isHexDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

/** Rules ignore the query, but parsers disagree about a control byte, a space or a fragment in it. */
function isPlainQuery(target: string, start: number): boolean {
  for (let index = start; index < target.length; index++) {
    const byte = target.charCodeAt(index);
    if (byte <= 0x20 || byte === DELETE || byte === HASH) return false;
  }
  return true;
}
