import { canonicalPath } from '../binding/target-uri.ts';
import { claimKey } from '../claims/claim-path.ts';
import { isFaithful } from '../claims/faithful-claim.ts';
import type { VerifiedCredential } from '../credential/verified-credential.ts';
import { segmentsOf } from '../patterns/pattern-order.ts';
import { readHostName } from '../route.ts';
import { pathValueAt } from './path-value.ts';
import type { DecisionPointUse, RulingQuestion } from './ruling.ts';

/** What of a request a policy decision point is told. */
export interface RuledRequest {
  readonly method: string;
  /** As the client sent it. */
  readonly host: string;
  /** As `readPath` returned it. */
  readonly path: string;
}

/** The question of a route about a request; `undefined` if its caller has no subject, which a question must name. */
export function questionOf(
  { name, subjectType, claims }: DecisionPointUse,
  credential: VerifiedCredential,
  pattern: string,
  request: RuledRequest,
): RulingQuestion | undefined {
  const { issuer, subject, tokenId, scheme, scopes } = credential.identity;
  if (subject === undefined) return undefined;
  const told = claims.map((path) => [claimKey(path), credential.claims?.get(claimKey(path))] as const);
  const properties = {
    issuer,
    token_id: tokenId,
    scopes,
    claims: Object.fromEntries(told.filter(([, claim]) => claim !== undefined && isFaithful(claim))),
  };
  const body = {
    subject: { type: subjectType, id: subject, properties },
    action: { name: request.method },
    resource: { type: 'route', id: pattern, properties: resourceOf(pattern, request) },
    context: { scheme },
  };
  return { decisionPoint: name, credential, body: JSON.stringify(body) };
}

/**
 * Leaves out a host that is no plain name, and parameters that an upstream could read in another way. The path is in the
 * spelling that rules match, so that a client cannot evade a policy about it with percent-encoding.
 */
function resourceOf(pattern: string, { host, path }: RuledRequest): object {
  const names = segmentsOf(pattern).map((segment) => /^\{(.+)\}$/.exec(segment)?.[1]);
  const parameters = names.flatMap((name, index) => {
    const value = name === undefined ? undefined : pathValueAt(path, index);
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return {
    path: canonicalPath(path),
    host: readHostName(host) || undefined,
    parameters: Object.fromEntries(parameters),
  };
}
