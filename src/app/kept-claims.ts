import type { Config } from '../config/config.ts';
import type { ClaimPath } from '../core/claims/claim-path.ts';
import { claimKey } from '../core/claims/claim-path.ts';
import { claimsOf } from '../core/condition/route-conditions.ts';
import { CLIENTS, ISS } from '../signing/upstream-claims.ts';

/** The claims that this configuration needs after a credential is verified, each once. */
export function keptClaims({ routes, identity }: Config): readonly ClaimPath[] {
  const paths: readonly ClaimPath[] = [
    ...routes.flatMap(({ where }) => (where === undefined ? [] : claimsOf(where))),
    ...[...identity.claims, ...identity.metadata].map(({ path }) => path),
    ...(identity.token === undefined ? [] : [ISS, ...CLIENTS, ...identity.token.claims.map(({ path }) => path)]),
  ];
  return [...new Map(paths.map((path) => [claimKey(path), path])).values()];
}
