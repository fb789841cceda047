import type { IssuerConfig } from '../config/issuer-config.ts';
import type { ClaimPath } from '../core/claims/claim-path.ts';
import { claimAt } from '../core/claims/claim-path.ts';
import type { DroppedWords } from '../core/credential/verified-credential.ts';
import type { JsonObject } from '../lib/json-object.ts';
import { printable } from '../lib/wording.ts';

/** The scopes of a token, and what its scope claims say besides. */
export interface ReadScopes {
  /** Each once, in the order in which the token grants them. */
  readonly scopes: readonly string[];
  readonly dropped: DroppedWords | undefined;
}

/** `scopes`: a scope claim is neither a string nor an array of strings. */
export type FailedScopes = 'scopes' | 'over 1000 scopes';

/** Scope claims that have more words together are refused, whatever their form. */
const MAX_WORDS = 1000;
const USUAL_CLAIMS: readonly ClaimPath[] = [['scopes'], ['scope'], ['scp']];
const OWN_CLAIMS: readonly ClaimPath[] = [['scopes']];

/** How many dropped words to keep, and how many characters of each. */
const MAX_DROPPED = 10;
const MAX_DROPPED_LENGTH = 60;

/**
 * Reads the scopes of a token. They are those that the issuer's profile grants, or else what the words of its scope
 * claims stand for: `scopeMap` comes first, then a scope of `allowScopes` stands for itself. Any other word is dropped.
 */
export function readScopes(payload: JsonObject, issuer: IssuerConfig): ReadScopes | FailedScopes {
  if (issuer.kind !== 'signing' && issuer.grant !== undefined) return { scopes: issuer.grant, dropped: undefined };
  const words: string[] = [];
  for (const path of scopeClaimsOf(payload, issuer)) {
    const found = wordsIn(claimAt(payload, path));
    if (found === undefined) return 'scopes';
    for (const word of found) words.push(word);
  }
  if (words.length > MAX_WORDS) return 'over 1000 scopes';
  // Our own tokens hold scopes of the catalogue only. A console session has none.
  return issuer.kind === 'signing' ? { scopes: words, dropped: undefined } : translate(words, issuer);
}

/** The claims that are read for scopes, whether the token has them or not. */
export function scopeClaimsOf(payload: JsonObject, issuer: IssuerConfig): readonly ClaimPath[] {
  if (issuer.kind === 'signing') return OWN_CLAIMS;
  if (issuer.scopeClaim !== undefined) return issuer.scopeClaim;
  const first = USUAL_CLAIMS.find((path) => claimAt(payload, path) !== undefined);
  return first === undefined ? [] : [first];
}

/**
 * Reads an array of words, or one space-separated string (RFC 6749, section 3.3). A word of an array is never split: with
 * a space in it, it is another word than its parts. An absent claim has no words; `undefined` for one of another type.
 */
export function wordsIn(claim: unknown): readonly string[] | undefined {
  if (claim === undefined) return [];
  const words: unknown = typeof claim === 'string' ? claim.split(' ') : claim;
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) return undefined;
  return words.filter((word) => word !== '');
}

type Translating = Pick<Exclude<IssuerConfig, { kind: 'signing' }>, 'scopeMap' | 'allowScopes'>;

function translate(words: readonly string[], { scopeMap, allowScopes }: Translating): ReadScopes {
  const scopes = new Set<string>();
  const dropped = new Set<string>();
  for (const word of words) {
    const mapped = scopeMap?.get(word);
    if (mapped !== undefined) for (const scope of mapped) scopes.add(scope);
    else if (allowScopes.has(word)) scopes.add(word);
    else dropped.add(word);
  }
  return { scopes: [...scopes], dropped: summarize([...dropped]) };
}

function summarize(dropped: readonly string[]): DroppedWords | undefined {
  if (dropped.length === 0) return undefined;
  const words = dropped.slice(0, MAX_DROPPED).map(cut);
  return { words, more: dropped.length - words.length };
}

/** A copy, because a slice would keep the whole claim in memory. */
function cut(word: string): string {
  const short = word.length <= MAX_DROPPED_LENGTH ? word : `${word.slice(0, MAX_DROPPED_LENGTH - 3).toWellFormed()}...`;
  return Buffer.from(printable(short)).toString();
}
