import type { IssuerConfig, SubjectClaim } from '../config/issuer-config.ts';
import { subjectClaimsOf } from '../config/subject-claims.ts';
import { claimAt } from '../core/claims/claim-path.ts';
import type { JsonObject } from '../lib/json-object.ts';

/**
 * The subject by which a revocation finds the tokens of an issuer that have none. No token may have it as its own, and no
 * upstream receives it.
 */
export const NO_SUBJECT = 'urn:sallyport:no-subject';

const MAX_LENGTH = 1024;
/** The subject of a token; `undefined` if it has none. */
export interface ReadSubject {
  readonly subject: string | undefined;
}

/** The claim that holds the token's subject: the first that is present. `undefined` if none is. */
export function presentSubjectClaim(payload: JsonObject, issuer: IssuerConfig): SubjectClaim | undefined {
  return subjectClaimsOf(issuer).find(({ path }) => claimAt(payload, path) !== undefined);
}

/**
 * Reads the subject of a token from the first of the issuer's subject claims that is present. Returns `undefined` if the
 * issuer's profile does not accept it: that claim is no subject, and then the next one is not tried, or the profile
 * requires another subject.
 */
export function readSubject(payload: JsonObject, issuer: IssuerConfig): ReadSubject | undefined {
  const required = issuer.kind === 'signing' ? undefined : issuer.requireSubject;
  const claim = presentSubjectClaim(payload, issuer);
  if (claim === undefined) return required === undefined ? { subject: undefined } : undefined;
  const text = subjectText(claimAt(payload, claim.path));
  if (text === undefined) return undefined;
  const subject = `${claim.prefix}${text}`;
  // A longer one, with its prefix, could not be revoked.
  if (subject.length > MAX_LENGTH) return undefined;
  if (subject === NO_SUBJECT || looksLikeAnother(subject, claim, subjectClaimsOf(issuer))) return undefined;
  return required === undefined || subject === required ? { subject } : undefined;
}

/**
 * A subject claim as text: a string as it is, and an integer in decimal digits, so that 1 and "1" are one subject.
 * `undefined` for any other value, and for an integer that not every JSON parser reads alike (RFC 8259, section 6).
 */
export function subjectText(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return String(value);
  const isText = typeof value === 'string' && value.length <= MAX_LENGTH && value.isWellFormed();
  return isText ? value : undefined;
}

/** Whether a subject begins with the longer prefix of another claim, whose subjects it could then be taken for. */
function looksLikeAnother(subject: string, { prefix }: SubjectClaim, all: readonly SubjectClaim[]): boolean {
  return all.some((other) => other.prefix.length > prefix.length && subject.startsWith(other.prefix));
}
