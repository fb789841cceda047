import type { IssuerConfig, SubjectClaim } from './issuer-config.ts';

const SUB: SubjectClaim = { path: ['sub'], prefix: '' };
const ONLY_SUB: readonly SubjectClaim[] = [SUB];
/** Without a user, the subject is the client itself (RFC 9068, section 2.2). */
const USUAL: readonly SubjectClaim[] = [SUB, { path: ['client_id'], prefix: '' }, { path: ['azp'], prefix: '' }];

/**
 * The claims in which the subject of an issuer's token may be, in order. By default they are `sub`, `client_id` and `azp`.
 * An issuer of JWTs with `requireSubject` has `sub` alone: no client may pass for the one subject that it accepts.
 */
export function subjectClaimsOf(issuer: IssuerConfig): readonly SubjectClaim[] {
  if (issuer.kind === 'signing') return ONLY_SUB;
  const isPinned = issuer.requireSubject !== undefined && issuer.kind !== 'introspection';
  return issuer.subjectClaim ?? (isPinned ? ONLY_SUB : USUAL);
}
