import { readCredential } from '../../core/credential.ts';
import { REPLACEMENT } from './redaction.ts';

/** What is shorter is no secret, and would take words out of every line. */
const MIN_LENGTH = 6;
const MIN_PART_LENGTH = 16;
/** As many as a JWE has (RFC 7516, section 3.1). Whoever makes up a token of thousands makes no work by that. */
const MAX_PARTS = 5;

/** Every spelling of what a request authenticates with: none of them may be in a line about it. */
export function secretsOf(authorization: string | undefined): readonly string[] {
  if (authorization === undefined || authorization === '') return [];
  const presented = readCredential(authorization);
  const value = 'value' in presented ? presented.value.trim() : authorization;
  const parts = value.split('.', MAX_PARTS).filter((part) => part.length >= MIN_PART_LENGTH);
  const pair = presented.scheme === 'basic' ? Buffer.from(value, 'base64').toString('utf8') : '';
  const password = pair.slice(pair.indexOf(':') + 1);
  const secrets = [authorization, value, ...parts, pair, password].filter(({ length }) => length >= MIN_LENGTH);
  // The longest first: it holds the others.
  return [...new Set(secrets)].toSorted((left, right) => right.length - left.length);
}

/** `text` without any of them, percent-encoded or not. */
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
