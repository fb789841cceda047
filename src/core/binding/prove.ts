import type { Presented } from '../credential/credential.ts';
import type { CredentialCache, VerifiedCredential } from '../credential/verified-credential.ts';
import type { Deny, Need } from '../decision.ts';
import { deny, denyKnown } from '../decision.ts';
import type { AccessRequest } from '../request.ts';
import type { Route } from '../route.ts';
import { missingProof } from './possession.ts';

/** The step `proof`: that the client possesses what its token is bound to. `undefined` if nothing is missing. */
export function prove(
  request: AccessRequest,
  route: Route,
  presented: Presented,
  finding: VerifiedCredential,
  acceptsDpop: boolean,
  known: CredentialCache,
): Deny | Need | undefined {
  if (!('value' in presented)) return deny('credentials_required', route, 'scheme');
  const missing = missingProof(presented, finding, request, route, acceptsDpop, known.proofOf?.(request));
  if (missing === undefined) return undefined;
  if (missing.outcome === 'ask') return { outcome: 'need', what: 'proof', proof: missing.proof };
  return denyKnown('token_invalid', route, missing.check, finding);
}
