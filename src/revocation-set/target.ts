import type { Attribution, RevocationEntry } from './entry.ts';
import { entryExpirySeconds, writeAttribution } from './entry.ts';
import {
  issuerMarkKey,
  revokedClaimsKey,
  revokedSigningKeyKey,
  revokedThumbprintKey,
  revokedTokenKey,
  subjectMarkKey,
} from './entry-keys.ts';

/** What a revocation ends (contract section 5). `issuer` is a configured issuer's name; times are Unix seconds. */
export type RevocationTarget =
  | OneToken
  /** Every token that the key signed. */
  | { readonly kind: 'signing key'; readonly issuer: string; readonly kid: string }
  /** The subject's tokens that were issued up to then, and those that do not say when. */
  | {
      readonly kind: 'subject';
      readonly issuer: string;
      readonly subject: string;
      readonly issuedUpToSeconds: number;
    }
  /** The tokens of an account of ours that were recorded before the store writes this, by no clock of an instance. */
  | { readonly kind: 'account'; readonly issuer: string; readonly subject: string }
  /** The same of everybody's tokens of an issuer. */
  | { readonly kind: 'issuer'; readonly issuer: string; readonly issuedUpToSeconds: number };

/** A target whose entry does not depend on what the store holds. */
export type DatedTarget = Exclude<RevocationTarget, { readonly kind: 'account' }>;

/**
 * By its id; where it has none, by what the server of an opaque token reports of it, or by the hex SHA-256 of its
 * signing input or normal form. `undefined`: nobody knows when it ends.
 */
export type OneToken =
  | {
      readonly kind: 'token';
      readonly issuer: string;
      readonly tokenId: string;
      readonly expiresAtSeconds: number | undefined;
      /** Where the store has no record of it, although it is to be one of ours: maybe nobody ever had such a token. */
      readonly unrecorded?: true;
    }
  | {
      readonly kind: 'claims';
      readonly issuer: string;
      readonly claims: string;
      readonly expiresAtSeconds: number | undefined;
    }
  | { readonly kind: 'thumbprint'; readonly thumbprint: string; readonly expiresAtSeconds: number | undefined };

/**
 * The entry that ends it. A key's and a mark's never expire: nobody knows how long the tokens live that they end, and a
 * maximum in the configuration may have been longer before. A mark's value is its time alone.
 */
export function entryFor(target: DatedTarget, reason: Attribution, clockSkewMs: number): RevocationEntry {
  const key = entryKeyOf(target);
  switch (target.kind) {
    case 'token':
    case 'claims':
    case 'thumbprint': {
      const expiresAtSeconds = entryExpirySeconds(target.expiresAtSeconds, clockSkewMs);
      const isUnrecorded = target.kind === 'token' && target.unrecorded === true;
      return {
        key,
        value: writeAttribution(isUnrecorded ? { ...reason, unrecorded: true } : reason),
        expiresAtSeconds,
      };
    }
    case 'signing key':
      return { key, value: writeAttribution(reason), expiresAtSeconds: undefined };
    case 'subject':
    case 'issuer':
      return { key, value: markOf(target), expiresAtSeconds: undefined };
  }
}

/** The key of the entry that ends it. */
export function entryKeyOf(target: RevocationTarget): string {
  switch (target.kind) {
    case 'token':
      return revokedTokenKey(target.issuer, target.tokenId);
    case 'claims':
      return revokedClaimsKey(target.issuer, target.claims);
    case 'thumbprint':
      return revokedThumbprintKey(target.thumbprint);
    case 'signing key':
      return revokedSigningKeyKey(target.issuer, target.kid);
    case 'subject':
    case 'account':
      return subjectMarkKey(target.issuer, target.subject);
    case 'issuer':
      return issuerMarkKey(target.issuer);
  }
}

/** Digits alone can be read back, and a mark that cannot ends everything; nothing was issued before 1970. */
function markOf({ issuedUpToSeconds }: { readonly issuedUpToSeconds: number }): string {
  return `${Math.max(0, issuedUpToSeconds)}`;
}
