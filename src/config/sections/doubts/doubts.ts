import type { Config } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';
import type { PlacedRoutes } from '../routes/routes.ts';
import { warnOfExposedTokens } from './exposed-tokens.ts';
import { warnOfHiddenRoutes } from './hidden-routes.ts';
import { warnOfOpenAudiences } from './open-audiences.ts';
import { warnOfPublicIssuers } from './public-issuers.ts';
import { warnOfQueryCredentials } from './query-credentials.ts';
import { warnOfColons, warnOfUngrantedRoutes } from './route-doubts.ts';
import { warnOfSharedServers } from './shared-servers.ts';
import { warnOfUnusedDecisionPoints, warnOfUnusedIssuers, warnOfUnusedScopes } from './unused.ts';

/** The sections that are judged together; `undefined` for one that is invalid. */
export type Judged = {
  readonly [Key in 'listen' | 'issuers' | 'scopes' | 'decisionPoints']: Config[Key] | undefined;
} & {
  readonly placed: PlacedRoutes | undefined;
};

/**
 * Warns of what is valid but surely not meant. Says nothing about sections that are invalid or refer to such.
 *
 * @param drafts the main file and those that it includes.
 */
export function warnOfDoubts(
  drafts: readonly Draft[],
  { listen, placed, issuers, scopes, decisionPoints }: Judged,
): void {
  const [main] = drafts;
  if (main === undefined) return;
  if (listen !== undefined) warnOfExposedTokens(main, listen);
  if (placed === undefined || drafts.some(({ problems }) => problems.length > 0)) return;
  warnOfColons(placed);
  if (decisionPoints !== undefined) warnOfUnusedDecisionPoints(main, placed.routes, decisionPoints);
  warnOfHiddenRoutes(placed);
  if (listen !== undefined) warnOfQueryCredentials(placed, listen);
  if (issuers === undefined) return;
  warnOfOpenAudiences(main, issuers, placed.routes);
  warnOfPublicIssuers(main, issuers);
  warnOfSharedServers(main, issuers);
  warnOfUngrantedRoutes(placed, issuers);
  // Services may ask about any scope, and about the tokens of any issuer.
  if (listen === undefined || listen.access !== undefined || listen.verify !== undefined) return;
  warnOfUnusedIssuers(main, placed.routes, issuers, listen);
  if (scopes !== undefined) warnOfUnusedScopes(drafts, placed.routes, scopes);
}
