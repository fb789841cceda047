import { hash } from 'node:crypto';
import { DEFAULT_TOKEN_LENGTH } from '../config/config.ts';
import type { Check } from '../core/check.ts';
import type { JsonObject } from '../lib/json-object.ts';
import { isObject, membersOf } from '../lib/json-object.ts';
import { decodeUtf8, parseJson } from '../lib/utf8.ts';

/** A parsed compact JWS (RFC 7515, section 7.1). Nothing in it is verified. */
export interface ParsedJwt {
  readonly algorithm: string;
  readonly kid: string | undefined;
  /** Header and payload are without empty members: see {@link membersOf}. */
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** Hex SHA-256 of `header.payload`: the token's identity, since an ECDSA signature has a second valid form. */
  readonly thumbprint: string;
}

/** Why a token cannot be parsed, for the log. `checksum`: that of an API key is wrong. */
export type Malformation =
  | 'empty'
  | 'length'
  | 'characters'
  | 'parts'
  | 'encoding'
  | 'header'
  | 'crit'
  | 'payload'
  | 'checksum';

const ONLY_DOTS = /^\.*$/;

/**
 * Whether a server may read a token as a JWS, however malformed: it has three parts. Some servers drop empty parts at the end
 * and read `a.b.c.` as `a.b.c`.
 */
export function hasThreeParts(token: string): boolean {
  const first = token.indexOf('.');
  const second = first < 0 ? -1 : token.indexOf('.', first + 1);
  if (second < 0) return false;
  const third = token.indexOf('.', second + 1);
  return third < 0 || ONLY_DOTS.test(token.slice(third));
}

/**
 * Parses a token strictly: three parts of canonical base64url without padding, two JSON objects, and no `crit`
 * (RFC 7515, section 4.1.11: Sallyport supports no extension). Ignores key material in the header (`jwk`, `jku`,
 * `x5u`, `x5c`).
 *
 * @param maxLength the longest token to parse, in characters.
 */
export function parseJwt(token: string, maxLength = DEFAULT_TOKEN_LENGTH): ParsedJwt | Malformation {
  if (token === '') return 'empty';
  if (token.length > maxLength) return 'length';
  const parts = token.split('.', 4);
  const [headerPart, payloadPart, signaturePart] = parts;
  if (parts.length !== 3 || headerPart === undefined || payloadPart === undefined) return 'parts';
  const headerBytes = decodeCanonical(headerPart);
  const payloadBytes = decodeCanonical(payloadPart);
  if (headerBytes === undefined || payloadBytes === undefined) return 'encoding';
  if (decodeCanonical(signaturePart ?? '') === undefined) return 'encoding';
  const fullHeader = readObject(headerBytes);
  if (fullHeader === undefined) return 'header';
  const header = membersOf(fullHeader);
  if (typeof header['alg'] !== 'string' || !isOptionalString(header['kid'])) return 'header';
  // An empty one too, which RFC 7515 forbids.
  if ('crit' in fullHeader) return 'crit';
  const payload = readObject(payloadBytes);
  if (payload === undefined) return 'payload';
  const thumbprint = hash('sha256', `${headerPart}.${payloadPart}`, 'hex');
  return { algorithm: header['alg'], kid: header['kid'], header, payload: membersOf(payload), thumbprint };
}

/** Returns the check that a malformed token fails. @param maxLength the configured limit, in characters. */
export function checkOf(malformation: Malformation, maxLength: number): Check {
  return malformation === 'length' ? { name: 'length', maxLength } : malformation;
}

/** A lenient decoder accepts several base64url spellings of the same bytes. Only the canonical one is accepted here. */
function decodeCanonical(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}

function readObject(bytes: Buffer): JsonObject | undefined {
  const text = decodeUtf8(bytes);
  const value = text === undefined ? undefined : parseJson(text);
  return isObject(value) ? value : undefined;
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
