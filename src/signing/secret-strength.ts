import { decodeUtf8 } from '../lib/utf8.ts';

/** The length of an AES-256 key, and of the secret that the documentation creates with `openssl rand`. */
const RANDOM_BYTES = 32;
/** Typed text does not contain these characters. */
const CONTROLS = /[\u0000-\u0008\u000e-\u001f\u007f]/;
const HEX = /^(?:[0-9a-f]{2})+$/i;
const BASE64 = /^[\w+/-]+={0,2}$/;
/** Distinct values among 32 random bytes, or characters in their base64 form; usually there are many more. */
const MIN_DIFFERENT = 20;
/** Printable values among 32 random bytes; on average there are 12. */
const MAX_PRINTABLE = 25;
/**
 * The share of neighbouring characters of different kinds: two in three in random base64, one in three in joined words.
 */
const MIN_CHANGES = 0.4;

/**
 * Whether a secret consists of at least 32 random bytes, raw or as hex, base64 or base64url. Any other secret may be a
 * text that a person chose, in any encoding, and that a machine may guess. In very rare cases, returns `false` for a
 * random secret.
 */
export function isRandomSecret(secret: Uint8Array): boolean {
  const text = decodeUtf8(secret)?.trim();
  if (text === undefined || CONTROLS.test(text)) return areRandomBytes(secret);
  if (HEX.test(text)) return text.length / 2 >= RANDOM_BYTES && new Set(text.toLowerCase()).size >= 8;
  return BASE64.test(text) && isMixed(text) && Buffer.from(text, 'base64').length >= RANDOM_BYTES;
}

/**
 * Excludes text in Latin-1, which is almost all printable, and in UTF-16, in which every second byte is often the same.
 */
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
