import type { CheckOf } from '../check.ts';
import type { Presented } from '../credential/credential.ts';
import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { AccessRequest } from '../request.ts';
import type { Route } from '../route.ts';
import type { Binding } from './binding.ts';
import { isBoundAs } from './binding.ts';
import type { PresentedProof, ProofResult } from './proof.ts';
import { DPOP } from './proof.ts';

/** The proof of possession that a request lacks. `ask`: its DPoP proof must be checked first. */
export type Missing =
  | { readonly outcome: 'missing'; readonly check: CheckOf<'proof'> }
  | Extract<ProofResult, { outcome: 'refused' }>
  | { readonly outcome: 'ask'; readonly proof: PresentedProof };

/** Whether the token was presented as `Authorization: DPoP` (RFC 9449, section 7.1). */
export function isDpop(presented: Presented): boolean {
  return 'dpop' in presented && presented.dpop === true;
}

/**
 * Returns what is missing if the client has not proved that it possesses what its token is bound to, or if the route
 * requires a bound token and this one is not; `undefined` if nothing is. Called only after the token was verified and found
 * not to be revoked, so that no other token has its proof checked.
 *
 * @param accepts whether the configuration accepts DPoP here.
 * @param known what the check of this request's DPoP proof showed; `undefined` if it was not checked yet.
 */
export function missingProof(
  presented: Extract<Presented, { value: string }>,
  { binding }: Pick<VerifiedCredential, 'binding'>,
  request: AccessRequest,
  route: Route,
  accepts: boolean,
  known: ProofResult | undefined,
): Missing | undefined {
  if (route.bound !== undefined && !isBoundAs(route.bound, binding)) return missing('binding required here');
  const failed = failedForm(presented, binding, accepts) ?? failedCertificate(binding?.certificate, request);
  if (failed !== undefined) return missing(failed);
  if (binding?.key === undefined || known?.outcome === 'proven') return undefined;
  return known ?? askFor(binding.key, presented.value, request);
}

/** A token that is bound to a key is presented as DPoP, and no other token is (RFC 9449, sections 7.1 and 7.2). */
function failedForm(
  presented: Presented,
  binding: Binding | undefined,
  accepts: boolean,
): CheckOf<'proof'> | undefined {
  if (binding?.key === undefined) return isDpop(presented) ? 'not bound to a key' : undefined;
  if (!accepts) return 'dpop not accepted here';
  return isDpop(presented) ? undefined : 'bound to a key, sent as bearer';
}

function failedCertificate(bound: string | undefined, { certificate }: AccessRequest): CheckOf<'proof'> | undefined {
  if (bound === undefined) return undefined;
  const shown = certificate?.();
  if (shown === undefined) return 'no client certificate';
  return shown === bound ? undefined : 'another client certificate';
}

function askFor(key: string, token: string, { fields, method, host, path }: AccessRequest): Missing {
  const proof = fields?.get(DPOP);
  if (proof === undefined || proof === '') return missing('no proof');
  if (proof.includes(',')) return missing('several proofs');
  return { outcome: 'ask', proof: { proof, token, key, method, host, path } };
}

function missing(check: CheckOf<'proof'>): Missing {
  return { outcome: 'missing', check };
}
