import { readCredential } from '../../core/credential/credential.ts';
import { ORIGIN } from '../../core/credential/places/places.ts';
import type { AccessRequest } from '../../core/request.ts';
import { MAX_SHOWN } from '../../lib/wording.ts';
import { REPLACEMENT } from './redaction.ts';

/** Shorter strings are not secret, and redacting them would remove ordinary words. */
const MIN_LENGTH = 6;
const MIN_PART_LENGTH = 16;
/** As many as a JWE has (RFC 7516, section 3.1), so that a token of thousands of parts causes no work. */
const MAX_PARTS = 5;

/** What separates values in header fields and queries. */
const SEPARATORS = /[\s,;&?]+/;
/** At most so many values of a request are taken for credentials, so that one of thousands causes no work. */
const MAX_VALUES = 100;

/**
 * Returns the strings that may not appear in a line about a request: its credential and the parts of it.
 *
 * @param tokens those that the request has elsewhere than in Authorization. No other value: a client could hide what
 *   it did from the log by naming it.
 */
export function secretsOf(authorization: string | undefined, tokens: readonly string[] = []): readonly string[] {
  const secrets = [...secretsIn(authorization), ...tokens.flatMap(tokenAndParts)];
  const long = secrets.filter(({ length }) => length >= MIN_LENGTH);
  // The longest first, because it contains the others.
  return [...new Set(long)].toSorted((left, right) => right.length - left.length);
}

/**
 * Returns every value that may be a token, in the fields that the configuration reads and in the query. For a request of which it is
 * not known where its token is.
 */
export function possibleTokens({ fields, path }: Pick<AccessRequest, 'fields' | 'path'>): readonly string[] {
  const others = [...(fields ?? [])].flatMap(([name, value]) => (name === ORIGIN ? [] : [value]));
  const query = path.includes('?') ? path.slice(path.indexOf('?') + 1) : '';
  const values = [...others, query].flatMap((text) => text.split(SEPARATORS, MAX_VALUES)).slice(0, MAX_VALUES);
  return values.flatMap(valuesIn).filter(({ length }) => length >= MIN_PART_LENGTH);
}

/** A value, with a name before it or without, also percent-decoded. */
function valuesIn(written: string): readonly string[] {
  const value = written.slice(written.indexOf('=') + 1);
  return [written, value, percentDecoded(value)];
}

function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A token, its parts, and the beginnings of both: what an issuer said of a token is cut, and may repeat the token. */
function tokenAndParts(value: string): readonly string[] {
  const parts = value.split('.', MAX_PARTS).filter((part) => part.length >= MIN_PART_LENGTH);
  return [value, ...parts].flatMap((text) => [text, text.slice(0, MAX_SHOWN)]);
}

function secretsIn(authorization: string | undefined): readonly string[] {
  if (authorization === undefined) return [];
  const presented = readCredential(authorization);
  const value = 'value' in presented ? presented.value.trim() : authorization;
  const pair = presented.scheme === 'basic' ? Buffer.from(value, 'base64').toString('utf8') : '';
  const password = pair.slice(pair.indexOf(':') + 1);
  return [authorization, ...tokenAndParts(value), pair, password];
}

/** Returns `text` with every secret redacted, percent-encoded or not. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length > clean.length) continue;
    clean = clean.replaceAll(secret, REPLACEMENT);
    const encoded = encodeURIComponent(secret.toWellFormed());
    if (encoded !== secret) clean = clean.replaceAll(encoded, REPLACEMENT);
  }
  return clean;
}
