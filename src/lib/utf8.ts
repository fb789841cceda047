/**
 * Text at our borders. Bytes that are not UTF-8 and surrogates that stand alone have no Unicode scalar value, and Node
 * replaces each of them by U+FFFD without a word: two different passwords then become the same text. So nothing here
 * replaces anything; each reader returns `undefined` instead.
 */

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What Node, and every lenient decoder, puts where it could not read. */
const REPLACEMENT = '\uFFFD';
/** In JSON, the only way to write a surrogate that stands alone. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
const PERCENT_ESCAPES = /(?:%[0-9a-fA-F]{2})+/g;

/** Decodes UTF-8 (RFC 3629); a byte order mark stays. `undefined` where the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Whether Node could read a text that it decoded itself, as it does the environment, arguments and a terminal. It leaves
 * U+FFFD where it could not; a text that holds one on purpose is refused with it.
 */
export function wasDecoded(text: string): boolean {
  return !text.includes(REPLACEMENT);
}

/** A secret or credential without the newline that editors and `echo` put behind it; one at most. */
export function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** A JSON text (RFC 8259); `undefined` where it is not JSON, or a string or name in it holds a lone surrogate. */
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

/** Whether a JSON text escapes one half of a surrogate pair (RFC 8259, section 8.2). */
export function holdsLoneSurrogate(text: string): boolean {
  return SURROGATE_ESCAPE.test(text) && parseJson(text) === undefined;
}

/**
 * A form, or the query of a URL. `undefined` where there is no text, or what its percent-encoding stands for is not
 * UTF-8.
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
 * The bytes of a base64url text (RFC 4648, section 5), padded or not. `undefined` for another alphabet, stray bits, and padding that
 * does not complete the last four characters.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const plain = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text;
  const bytes = Buffer.from(plain, 'base64url');
  return bytes.toString('base64url') === plain ? bytes : undefined;
}
