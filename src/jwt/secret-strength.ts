import { decodeUtf8 } from '../lib/utf8.ts';

/** What a key of AES-256 has, and what `openssl rand` is asked for. */
const RANDOM_BYTES = 32;
/** No text that somebody writes holds these. */
const CONTROLS = /[\u0000-\u0008\u000e-\u001f\u007f]/;
const HEX = /^(?:[0-9a-f]{2})+$/i;
const BASE64 = /^[\w+/-]+={0,2}$/;

/**
 * Whether a secret is 32 random bytes or more: as they are, or as hex, base64 or base64url. Everything else is a text
 * that somebody may have thought of, and that a machine may guess. A random text of rare luck is taken for such, too.
 */
export function isRandomSecret(secret: Uint8Array): boolean {
  const text = decodeUtf8(secret)?.trim();
  if (text === undefined || CONTROLS.test(text)) return secret.length >= RANDOM_BYTES;
  if (HEX.test(text)) return text.length / 2 >= RANDOM_BYTES && new Set(text.toLowerCase()).size >= 8;
  return BASE64.test(text) && isMixed(text) && Buffer.from(text, 'base64').length >= RANDOM_BYTES;
}

function isMixed(text: string): boolean {
  return [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(text));
}
