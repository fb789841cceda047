import type { Config, IssuerConfig } from '../config.ts';
import type { Draft } from '../reading/draft.ts';

const SCOPE = 'access:check';

/**
 * Refuses an internal API that can serve no caller: its connections prove nothing, and no issuer's tokens may have the
 * scope that a caller needs.
 */
export function refuseUnusableAccess(
  draft: Draft,
  access: Config['listen']['access'],
  issuers: readonly IssuerConfig[],
): void {
  if (access === undefined || 'path' in access.address || access.tls?.clientCa !== undefined) return;
  if (issuers.some(mayGrant)) return;
  draft.refuse(
    ['listen', 'access'],
    `no caller could authenticate: expected a Unix socket, tls.clientCa, an issuer with signing, or an issuer with ${SCOPE} in its allowScopes`,
  );
}

/** Accounts of our own may have every management scope; another issuer grants them only if its entry names them. */
function mayGrant(issuer: IssuerConfig): boolean {
  if (issuer.kind === 'signing') return true;
  return issuer.grant === undefined ? issuer.allowScopes.has(SCOPE) : issuer.grant.includes(SCOPE);
}
