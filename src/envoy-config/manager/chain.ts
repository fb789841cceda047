import type { CheckContext, CheckedManager } from '../context.ts';
import { checkFailures } from '../ext-authz/failure.ts';
import { checkMcp } from '../ext-authz/mcp.ts';
import { checkMutationRules } from '../ext-authz/mutation-rules.ts';
import { findSallyport } from '../ext-authz/sallyport-filter.ts';
import { checkService } from '../ext-authz/service.ts';
import { checkShownHeaders } from '../ext-authz/shown-headers.ts';
import { knownPowers, powersOf } from '../filter-powers.ts';
import { checkMatcher } from '../kept/asking.ts';
import { checkKept } from '../kept/kept.ts';
import { isStrippedByEnvoy } from '../kept/scripts.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { HttpFilter } from '../reading/http-filter.ts';
import { checkClientChoices } from '../routes/client-choices.ts';
import type { RouteTable } from '../routes/route-table.ts';
import { readRouteTable } from '../routes/route-table.ts';
import { runningFilter } from '../routes/running-filter.ts';
import { checkUnaskedRoutes, reachesUnasked } from '../routes/unasked-routes.ts';
import { checkSetters } from '../strip/setters.ts';
import { checkStrip } from '../strip/strip.ts';
import { checkAccessLog } from './access-log.ts';
import { checkPathsAndNames } from './paths-and-names.ts';

/** Checks one list of filters of a connection manager; returns one part for each filter that asks Sallyport. */
export function checkChain(
  context: CheckContext,
  node: ConfigNode,
  filters: readonly HttpFilter[],
): readonly CheckedManager[] {
  const found = findSallyport(context, filters);
  const [first] = found;
  if (first === undefined) return [];
  const routes = routesOf(context, node);
  const all = found.map(({ asking }) => asking);
  const checked = found.map((one): CheckedManager => ({ node, filters, ...one, all, routes }));
  const whole: CheckedManager = { node, filters, ...first, all, routes };
  const isUnasked = reachesUnasked(whole);
  checkPathsAndNames(context, node, isUnasked);
  checkAccessLog(context, node);
  checkStrip(context, whole, isUnasked);
  checkSetters(context, whole, isUnasked || isStrippedByEnvoy(whole));
  checkClientChoices(context, whole);
  checkServers(context, whole);
  checkUnaskedRoutes(context, whole);
  for (const one of checked) {
    checkFailures(context, one);
    checkService(context, one);
    checkShownHeaders(context, one);
    checkMutationRules(context, one);
    checkMatcher(context, one);
    checkMcp(context, one);
    checkKept(context, one);
  }
  return checked;
}

function routesOf({ setup, findings }: CheckContext, manager: ConfigNode): RouteTable | undefined {
  const name = manager.get('rds', 'route_config_name');
  const written = manager.get('route_config') ?? setup.routeConfigs.get(name?.text ?? '\n');
  if (written !== undefined) {
    const vhds = written.get('vhds');
    if (vhds !== undefined) findings.miss(vhds, 'the virtual hosts that come from here are in none of the files');
    return readRouteTable(written);
  }
  const at = name ?? manager.get('rds') ?? manager.get('scoped_routes') ?? manager;
  findings.miss(at, 'the routes are in none of the files: what they turn off or change is not checked');
  return undefined;
}

/** A filter in front of ext_authz that answers by itself serves requests that Sallyport did not decide. */
function checkServers({ findings }: CheckContext, { filters, askedAt, routes }: CheckedManager): void {
  for (const filter of filters.slice(0, askedAt)) {
    const { node } = filter;
    const kinds = runningFilter(filter, routes)?.kinds;
    if (kinds === undefined) continue;
    const server = [...kinds].find((kind) => powersOf(kind).serves);
    if (server !== undefined) {
      const why = 'it answers requests, or sends them on, before Envoy asks Sallyport';
      findings.refuse(node, `${why}: put it behind ext_authz`);
    } else if (kinds.size === 0) {
      findings.miss(node, 'what this filter in front of ext_authz does is in none of the files');
    } else if ([...kinds].some((kind) => knownPowers(kind) === undefined)) {
      findings.miss(node, 'Sallyport does not know what this filter in front of ext_authz does');
    }
  }
}
