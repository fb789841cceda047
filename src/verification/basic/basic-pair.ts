import { decodeUtf8 } from '../../lib/utf8.ts';
import { MAX_BASIC_LENGTH } from './password-cache.ts';

/** Reads `base64(name:password)` in UTF-8. Returns `undefined` for any other value. */
export function readBasicPair(value: string): { readonly name: string; readonly password: string } | undefined {
  if (value.length > MAX_BASIC_LENGTH) return undefined;
  const bytes = Buffer.from(value, 'base64');
  const unpadded = (text: string): string => text.replace(/=+$/, '');
  if (unpadded(bytes.toString('base64')) !== unpadded(value)) return undefined;
  const text = decodeUtf8(bytes);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 1) return undefined;
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
