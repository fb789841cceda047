import { claimKey } from '../core/claims/claim-path.ts';
import { isFaithful } from '../core/claims/faithful-claim.ts';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { NamedClaim } from '../core/upstream/upstream-headers.ts';

/** The issuer identifier of the verified token. */
export const ISS = ['iss'];
/** The claims that name the client which holds the token: RFC 9068, section 2.2, and OpenID Connect. */
export const CLIENTS = [['client_id'], ['azp']];

/**
 * The claims of a signed identity besides its issuer, its audience and its times. Those of the verified token are in a map of
 * their own, `claims`, so that none of them can be taken for another claim.
 *
 * @param selected those of the verified token that it carries.
 * @param ownIss our own issuer identifier, which is that of passwords too.
 */
export function upstreamClaims(
  { identity, claims }: VerifiedCredential,
  selected: readonly NamedClaim[],
  ownIss: string,
): Readonly<Record<string, unknown>> {
  const { issuer, subject, tokenId, scheme, scopes } = identity;
  const iss = scheme === 'basic' ? ownIss : textOf(claims?.get(claimKey(ISS)));
  const client = CLIENTS.map((path) => textOf(claims?.get(claimKey(path)))).find((id) => id !== undefined);
  const carried = selected.flatMap(({ name, claim }) => {
    const value = claims?.get(claim);
    return value !== undefined && isFaithful(value) ? [[name, value] as const] : [];
  });
  return {
    ...(subject === undefined ? {} : { sub: subject }),
    idp: issuer,
    ...(iss === undefined ? {} : { idp_iss: iss }),
    scheme,
    scopes,
    ...(tokenId === undefined ? {} : { token_id: tokenId }),
    ...(client === undefined ? {} : { client_id: client }),
    ...(selected.length === 0 ? {} : { claims: Object.fromEntries(carried) }),
  };
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined;
}
