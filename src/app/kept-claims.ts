import type { Config } from '../config/config.ts';
import type { ClaimPath } from '../core/claims/claim-path.ts';
import { claimKey } from '../core/claims/claim-path.ts';

/** The claims that this configuration needs after a credential is verified, each once. */
export function keptClaims(_config: Config): readonly ClaimPath[] {
  const paths: readonly ClaimPath[] = [];
  return [...new Map(paths.map((path) => [claimKey(path), path])).values()];
}
