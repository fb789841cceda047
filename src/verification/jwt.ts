import { createHash } from 'node:crypto';
import { DEFAULT_TOKEN_LENGTH } from '../config/config.ts';
import type { Check } from '../core/check.ts';
import { checkText } from '../core/check-text.ts';
import { decodeUtf8, parseJson } from '../lib/utf8.ts';
import type { JsonObject } from './json-object.ts';
import { isObject, membersOf } from './json-object.ts';

/** A compact JWS (RFC 7515, section 7.1) taken apart; nothing of it is verified. */
export interface ParsedJwt {
  readonly algorithm: string;
  readonly kid: string | undefined;
  /** Without members that say nothing, and so the payload: {@link membersOf}. */
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** Hex SHA-256 of `header.payload`: the token's identity, since an ECDSA signature has a second valid form. */
  readonly thumbprint: string;
}

/** What keeps a token from being read, for the log. */
export type Malformation = 'empty' | 'length' | 'characters' | 'parts' | 'encoding' | 'header' | 'crit' | 'payload';

/** Some servers drop empty parts at the end: to them, `a.b.c.` is `a.b.c`. */
const THREE_PARTS = /^[^.]*\.[^.]*\.[^.]*\.*$/;

/** Whether somebody may read a token as a JWS: it has three parts. Whatever else is wrong with it, it is none of anybody else's. */
export function hasThreeParts(token: string): boolean {
  return THREE_PARTS.test(token);
}

/**
 * Takes a token apart, strictly: three parts of canonical base64url without padding, two JSON objects, no `crit`
 * (RFC 7515, section 4.1.11: we understand no extension). Key material in the header (`jwk`, `jku`, `x5u`, `x5c`)
 * is left unread.
 *
 * @param maxLength of a token that is looked at, in characters.
 */
export function parseJwt(token: string, maxLength = DEFAULT_TOKEN_LENGTH): ParsedJwt | Malformation {
  if (token === '') return 'empty';
  if (token.length > maxLength) return 'length';
  const parts = token.split('.', 4);
  const [headerPart, payloadPart, signaturePart] = parts;
  if (parts.length !== 3 || headerPart === undefined || payloadPart === undefined) return 'parts';
  if (!isCanonical(headerPart) || !isCanonical(payloadPart) || !isCanonical(signaturePart ?? '')) return 'encoding';
  const written = readObject(headerPart);
  if (written === undefined) return 'header';
  const header = membersOf(written);
  if (typeof header['alg'] !== 'string' || !isOptionalString(header['kid'])) return 'header';
  // Also one that is empty, which RFC 7515 forbids.
  if ('crit' in written) return 'crit';
  const payload = readObject(payloadPart);
  if (payload === undefined) return 'payload';
  const thumbprint = createHash('sha256').update(`${headerPart}.${payloadPart}`).digest('hex');
  return { algorithm: header['alg'], kid: header['kid'], header, payload: membersOf(payload), thumbprint };
}

/** The check that a malformed token fails. @param maxLength of a token, as the configuration limits it. */
export function checkOf(malformation: Malformation, maxLength: number): Check {
  return malformation === 'length' ? { name: 'length', maxLength } : malformation;
}

/** A malformation as text: one that the configuration decides names its key. */
export function wordsOf(malformation: Malformation, maxLength: number): string {
  return checkText(checkOf(malformation, maxLength));
}

/** Base64url has several spellings of the same bytes for a decoder that is lenient; only one of them is taken. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

function readObject(part: string): JsonObject | undefined {
  const text = decodeUtf8(Buffer.from(part, 'base64url'));
  const value = text === undefined ? undefined : parseJson(text);
  return isObject(value) ? value : undefined;
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
