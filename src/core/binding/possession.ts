import type { CheckOf } from '../check.ts';
import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { AccessRequest } from '../request.ts';
import type { Route } from '../route.ts';
import { isBoundAs } from './binding.ts';

/**
 * Returns the check that fails if the client has not proved that it possesses what its token is bound to, or if the route
 * requires a bound token and this one is not; `undefined` if nothing is missing. Called only after the token was verified
 * and found not to be revoked.
 */
export function missingProof(
  { binding }: Pick<VerifiedCredential, 'binding'>,
  request: AccessRequest,
  route: Route,
): CheckOf<'proof'> | undefined {
  if (route.bound !== undefined && !isBoundAs(route.bound, binding)) return 'binding required here';
  return binding?.certificate === undefined ? undefined : failedCertificate(binding.certificate, request);
}

function failedCertificate(bound: string, { certificate }: AccessRequest): CheckOf<'proof'> | undefined {
  const shown = certificate?.();
  if (shown === undefined) return 'no client certificate';
  return shown === bound ? undefined : 'another client certificate';
}
