import type { Problem } from '../http/problems.ts';
import { failed } from '../http/problems.ts';

const MAX_LENGTH = 255;
/** A String of RFC 9651, section 3.3.3, as the draft of the header field requires. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;
/** The same without quotes, as most clients send it. */
const BARE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/** Reads `Idempotency-Key`; with or without quotes it is the same key. Returns `undefined` if none was sent. */
export function readIdempotencyKey(field: string | string[] | undefined): string | Problem | undefined {
  if (field === undefined) return undefined;
  const text = String(field).trim();
  const key = QUOTED.exec(text)?.[1]?.replace(/\\(.)/g, '$1') ?? BARE.exec(text)?.[0];
  if (key !== undefined && key.length <= MAX_LENGTH) return key;
  const message = `Idempotency-Key must be one string of 1 to ${MAX_LENGTH} visible ASCII characters, such as "8e03978e-40d5-43dd-bc93-6894a57f9324"`;
  return failed('invalid_idempotency_key', message);
}
