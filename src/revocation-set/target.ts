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

/** What a revocation ends (contract section 5). `issuer` is the name of a configured issuer; times are Unix seconds. */
export type RevocationTarget =
  | OneToken
  /** Every token that the key signed. */
  | { readonly kind: 'signing key'; readonly issuer: string; readonly kid: string }
  /** The subject's tokens that were issued up to that time, and those without an issue time. */
  | {
      readonly kind: 'subject';
      readonly issuer: string;
      readonly subject: string;
      readonly issuedUpToSeconds: number;
    }
  /** The tokens of one of our accounts that were recorded before the store writes the entry; no instance's clock matters. */
  | { readonly kind: 'account'; readonly issuer: string; readonly subject: string }
  /** All tokens of an issuer that were issued up to that time, and those without an issue time. */
  | { readonly kind: 'issuer'; readonly issuer: string; readonly issuedUpToSeconds: number };

/** A target whose entry does not depend on what the store holds. */
export type DatedTarget = Exclude<RevocationTarget, { readonly kind: 'account' }>;

/**
 * One token: by its id or, if it has none, by the claims that the server of an opaque token reports, or by the hex
 * SHA-256 of its signing input or normal form. `expiresAtSeconds` is `undefined` if the expiry is unknown.
 */
export type OneToken =
  | {
      readonly kind: 'token';
      readonly issuer: string;
      readonly tokenId: string;
      readonly expiresAtSeconds: number | undefined;
      /** Set if it claims to be one of our tokens but the store has no record of it: it may never have existed. */
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
 * Returns the entry that ends the target. Entries of signing keys and marks never expire: the lifetime of the tokens is
 * unknown, and a maximum in the configuration may have been longer before. The value of a mark is only its time.
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

/** Returns the key of the entry that ends the target. */
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

/** A mark must consist of digits, since an unreadable one ends everything. No token was issued before 1970. */
function markOf({ issuedUpToSeconds }: { readonly issuedUpToSeconds: number }): string {
  return `${Math.max(0, issuedUpToSeconds)}`;
}
