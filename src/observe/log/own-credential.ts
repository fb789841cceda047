import { readCredential } from '../../core/credential/credential.ts';
import { MAX_SHOWN } from '../../lib/wording.ts';
import { REPLACEMENT } from './redaction.ts';

/** Shorter strings are not secret, and redacting them would remove ordinary words. */
const MIN_LENGTH = 6;
const MIN_PART_LENGTH = 16;
/** As many as a JWE has (RFC 7516, section 3.1), so that a token of thousands of parts causes no work. */
const MAX_PARTS = 5;

/** Returns the strings that may not appear in a line about a request: its credential and the parts of it. */
export function secretsOf(authorization: string | undefined): readonly string[] {
  if (authorization === undefined || authorization === '') return [];
  const presented = readCredential(authorization);
  const value = 'value' in presented ? presented.value.trim() : authorization;
  const parts = value.split('.', MAX_PARTS).filter((part) => part.length >= MIN_PART_LENGTH);
  const pair = presented.scheme === 'basic' ? Buffer.from(value, 'base64').toString('utf8') : '';
  const password = pair.slice(pair.indexOf(':') + 1);
  // What an issuer said of a token is cut, and may repeat the token.
  const beginnings = [value, ...parts].map((text) => text.slice(0, MAX_SHOWN));
  const all = [authorization, value, ...parts, ...beginnings, pair, password];
  const secrets = all.filter(({ length }) => length >= MIN_LENGTH);
  // The longest first, because it contains the others.
  return [...new Set(secrets)].toSorted((left, right) => right.length - left.length);
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
