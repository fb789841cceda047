/**
 * Text at our borders. Bytes that are not UTF-8 and lone surrogates have no Unicode scalar value. Node silently
 * replaces each of them with U+FFFD, which makes two different passwords equal. The functions here never replace
 * anything; they return `undefined` instead.
 */

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What Node, and every lenient decoder, substitutes for bytes that it cannot decode. */
const REPLACEMENT = '\uFFFD';
/** The only way to write a lone surrogate in JSON. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
const PERCENT_ESCAPES = /(?:%[0-9a-fA-F]{2})+/g;

/** Decodes UTF-8 (RFC 3629) and keeps a byte order mark. `undefined` if the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Whether Node could decode a text that it decodes itself: the environment, arguments or a terminal. It substitutes
 * U+FFFD for what it cannot decode; a text that contains one on purpose is refused as well.
 */
export function wasDecoded(text: string): boolean {
  return !text.includes(REPLACEMENT);
}

/** A secret or credential without the one newline that editors and `echo` append. */
export function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** Parses JSON (RFC 8259); `undefined` if it is not JSON, or if a string or name in it contains a lone surrogate. */
export function parseJson(text: string): unknown {
  try {
    return SURROGATE_ESCAPE.test(text) ? JSON.parse(text, requireWellFormed) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function requireWellFormed(name: string, value: unknown): unknown {
  if (!name.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
    throw new SyntaxError('a lone surrogate');
  }
  return value;
}

/** Whether a JSON text escapes half of a surrogate pair (RFC 8259, section 8.2). */
export function holdsLoneSurrogate(text: string): boolean {
  return SURROGATE_ESCAPE.test(text) && parseJson(text) === undefined;
}

/**
 * Parses a form or the query of a URL. `undefined` if there is no text, or if its percent-encoded bytes are not UTF-8.
 */
export function parseForm(text: string | undefined): URLSearchParams | undefined {
  const isReadable = text?.isWellFormed() === true && (text.match(PERCENT_ESCAPES) ?? []).every(isDecodable);
  return isReadable ? new URLSearchParams(text) : undefined;
}

function isDecodable(escapes: string): boolean {
  try {
    decodeURIComponent(escapes);
    return true;
  } catch {
    return false;
  }
}

/**
 * The bytes of a base64url text (RFC 4648, section 5), padded or not. `undefined` for another alphabet, stray bits, and
 * padding that does not complete the last four characters.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const plain = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text;
  const bytes = Buffer.from(plain, 'base64url');
  return bytes.toString('base64url') === plain ? bytes : undefined;
}
