import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import { LONGEST_UPSTREAM_TOKEN } from '../core/upstream/upstream-token.ts';

/** Memory for one token besides its strings: the credential, its cache entry and its revocation entries. */
const BYTES_EACH = 1_600;
/** Memory for the encoded answer that is kept with a token, besides what it repeats. */
const BYTES_AN_ANSWER = 1_500;
/** A longer answer is not kept. */
const MOST_BYTES_AN_ANSWER = 4_800;
/** Memory for one scope besides its string, in the list and in the set. */
const BYTES_A_SCOPE = 64;
/** Memory for one character of the JSON of a kept list or object: `[]` is an object of its own. */
const BYTES_A_CHARACTER_OF_JSON = 32;

/**
 * Estimates the bytes of a cached token, with all that is kept beside it. Strings other than the token may need two bytes a
 * character.
 */
export function tokenBytes(
  token: string,
  { identity, reported, audiences = [], claims, dropped, binding, upstream }: VerifiedCredential,
): number {
  const words = dropped?.words ?? [];
  const kept = claims === undefined ? [] : [...claims.values()];
  const keptBytes = kept.reduce((sum: number, value) => sum + bytesOf(value), 0);
  const strings = [
    identity.subject,
    identity.tokenId,
    reported,
    binding?.certificate,
    binding?.key,
    ...identity.scopes,
    ...audiences,
    ...words,
  ];
  const characters = strings.reduce((sum, string) => sum + (string?.length ?? 0), 0);
  // The answer repeats the strings, percent-encoded, in headers and in metadata, and the signed identity.
  const answer = Math.min(BYTES_AN_ANSWER + 4 * characters + keptBytes, MOST_BYTES_AN_ANSWER);
  const signed = upstream.isSigned === true ? signedBytes(characters + keptBytes) : 0;
  const entries = identity.scopes.length + kept.length + words.length;
  return BYTES_EACH + answer + 2 * signed + token.length + 2 * characters + keptBytes + BYTES_A_SCOPE * entries;
}

/**
 * The memory of the signed identity, which is made after the credential is cached: in base64url, with what the credential has,
 * its other members and an RSA signature.
 */
function signedBytes(bytes: number): number {
  return Math.min(LONGEST_UPSTREAM_TOKEN, 1_000 + Math.ceil((4 / 3) * bytes));
}

function bytesOf(claim: unknown): number {
  return JSON.stringify(claim).length * (typeof claim === 'object' ? BYTES_A_CHARACTER_OF_JSON : 2);
}
