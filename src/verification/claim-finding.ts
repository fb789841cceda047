import type { IssuerConfig } from '../config/issuer-config.ts';
import type { Finding } from '../core/check.ts';
import { claimAt, claimKey } from '../core/claims/claim-path.ts';
import { TOKEN_USES } from '../core/credential/verified-credential.ts';
import type { JsonObject } from '../lib/json-object.ts';
import { timeOf } from '../lib/time-format.ts';
import { shown, shownList } from '../lib/wording.ts';
import { KIND_MEMBERS } from './bearer-kind.ts';
import type { Claims, FailedClaim } from './claims.ts';
import { tenantOf } from './issuer-match.ts';
import { requiredClaimFinding } from './required-claims.ts';
import { scopeClaimsOf, wordsIn } from './scope-claims.ts';
import { presentSubjectClaim } from './subject-claim.ts';

/** `aud is "account"`, or `aud is absent`. */
export function memberIs(name: string, value: unknown): string {
  return `${name} is ${shown(value)}`;
}

/**
 * What a claim of a token is beside what its issuer's profile accepts.
 *
 * @param header of a JWT; empty for an introspection response.
 * @param payload verified: it says what the issuer signed, or what its introspection server answered.
 */
export function claimFinding(
  failed: FailedClaim,
  header: JsonObject,
  payload: JsonObject,
  issuer: IssuerConfig,
): Finding | undefined {
  const accepts = (what: string): string => `issuer ${issuer.name} accepts ${what}`;
  switch (failed) {
    case 'type':
      return {
        found: memberIs('typ', header['typ']),
        expected: accepts(issuer.kind === 'signing' ? '"at+jwt"' : '"at+jwt", "JWT", "JOSE" or none'),
      };
    case 'token_type': {
      const kinds = KIND_MEMBERS.filter((member) => payload[member] !== undefined);
      return {
        found: kinds.map((member) => memberIs(member, payload[member])).join(', '),
        expected: accepts('access tokens only'),
      };
    }
    case 'cnf':
      return {
        found: 'cnf binds the token to something whose possession Sallyport cannot check',
        expected: accepts('a cnf with x5t#S256, jkt or both, and nothing else'),
      };
    case 'not bound':
      return {
        found: payload['cnf'] === undefined ? 'the token has no cnf' : 'cnf binds the token in another way',
        expected: accepts('only tokens bound as issuers[].bound says'),
      };
    case 'sub':
      return { found: subjectIs(payload, issuer), expected: accepts(acceptedOf('sub', issuer)) };
    case 'iss':
    case 'aud':
      return { found: memberIs(failed, payload[failed]), expected: accepts(acceptedOf(failed, issuer)) };
    case 'tid':
      return {
        found: memberIs('tid', payload['tid']),
        expected: accepts(`${shown(tenantOf(payload, issuer))}, the tenant in iss`),
      };
    case 'exp':
    case 'nbf':
    case 'iat':
      return { found: memberIs(failed, payload[failed]), expected: accepts('a number of seconds since 1970') };
    case 'jti':
      return {
        found: `jti is ${kindOfText(payload['jti'])}`,
        expected: accepts('a string of at most 1024 characters'),
      };
    case 'token_use':
      return {
        found: memberIs('token_use', payload['token_use']),
        expected: accepts(shownList(TOKEN_USES.filter((use) => use !== 'refresh'))),
      };
    case 'require':
      return requiredClaimFinding(payload, issuer);
    case 'scopes':
    case 'over 1000 scopes':
      return scopeFinding(payload, issuer, accepts('at most 1000 strings, in a list or separated by spaces'));
  }
}

/** What the profile of an issuer accepts as a claim. */
export function acceptedOf(claim: 'iss' | 'aud' | 'sub', issuer: IssuerConfig): string {
  switch (claim) {
    case 'iss':
      return issuer.issuer.length === 0 ? 'what no other issuer claims, or none' : shownList(issuer.issuer);
    case 'aud':
      return issuer.audience === undefined ? 'a string or a list of strings' : shownList(issuer.audience);
    case 'sub':
      return issuer.kind === 'signing' || issuer.requireSubject === undefined
        ? 'a string of at most 1024 characters, or an integer that JSON parsers read alike'
        : shown(issuer.requireSubject);
  }
}

/** A time of a token that has not come yet. */
export function prematureFinding(claim: 'nbf' | 'iat', claims: Claims, nowMs: number, clockSkewMs: number): Finding {
  const seconds = claim === 'nbf' ? claims.notBeforeSeconds : claims.issuedAtSeconds;
  return {
    found: `${claim} is ${timeOf(seconds * 1000)}`,
    expected: `it is ${timeOf(nowMs)}, and clockSkew is ${clockSkewMs / 1000} s`,
  };
}

/** An id may be anything, and of any length. */
function kindOfText(value: unknown): string {
  return typeof value === 'string' ? `a string of ${value.length} characters` : shown(value);
}

/** Names the claim that holds the subject. */
function subjectIs(payload: JsonObject, issuer: IssuerConfig): string {
  const claim = presentSubjectClaim(payload, issuer);
  return claim === undefined ? 'sub is absent' : memberIs(claimKey(claim.path), claimAt(payload, claim.path));
}

/** Names the claim that holds no scopes, or the claims that together hold too many. */
function scopeFinding(payload: JsonObject, issuer: IssuerConfig, expected: string): Finding {
  const paths = scopeClaimsOf(payload, issuer);
  const faulty = paths.find((path) => wordsIn(claimAt(payload, path)) === undefined);
  const present = paths.filter((path) => claimAt(payload, path) !== undefined);
  const named = faulty === undefined ? present : [faulty];
  return { found: named.map((path) => memberIs(claimKey(path), claimAt(payload, path))).join(', '), expected };
}
