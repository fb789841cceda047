import { decodeUtf8 } from '../lib/utf8.ts';

/** What a key of AES-256 has, and what `openssl rand` is asked for. */
const RANDOM_BYTES = 32;
/** No text that somebody writes holds these. */
const CONTROLS = /[\u0000-\u0008\u000e-\u001f\u007f]/;
const HEX = /^(?:[0-9a-f]{2})+$/i;
const BASE64 = /^[\w+/-]+={0,2}$/;
/** Different ones among 32 random bytes, or in the base64 of those: many more are usual. */
const MIN_DIFFERENT = 20;
/** Of 32 random bytes, 12 are printable on average. */
const MAX_PRINTABLE = 25;
/** Of random base64, two neighbours in three are of different kinds; in words that are strung together, one in three. */
const MIN_CHANGES = 0.4;

/**
 * Whether a secret is 32 random bytes or more: as they are, or as hex, base64 or base64url. Everything else is a text
 * that somebody may have thought of, in whatever encoding, and that a machine may guess. A random text of rare luck is
 * taken for such, too.
 */
export function isRandomSecret(secret: Uint8Array): boolean {
  const text = decodeUtf8(secret)?.trim();
  if (text === undefined || CONTROLS.test(text)) return areRandomBytes(secret);
  if (HEX.test(text)) return text.length / 2 >= RANDOM_BYTES && new Set(text.toLowerCase()).size >= 8;
  return BASE64.test(text) && isMixed(text) && Buffer.from(text, 'base64').length >= RANDOM_BYTES;
}

/** Text in Latin-1 is nearly all printable; in UTF-16, every second byte is often the same. */
function areRandomBytes(secret: Uint8Array): boolean {
  const bytes = secret.subarray(0, RANDOM_BYTES);
  const printable = bytes.filter((byte) => byte >= 0x20 && byte < 0x7f);
  return bytes.length === RANDOM_BYTES && new Set(bytes).size >= MIN_DIFFERENT && printable.length <= MAX_PRINTABLE;
}

function isMixed(text: string): boolean {
  const kinds = Array.from(text, kindOf);
  const changes = kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
  return new Set(text).size >= MIN_DIFFERENT && changes >= MIN_CHANGES * (text.length - 1);
}

function kindOf(character: string): number {
  return [/[a-z]/, /[A-Z]/, /\d/].findIndex((kind) => kind.test(character));
}
