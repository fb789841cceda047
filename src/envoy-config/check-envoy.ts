import type { Config } from '../config/config.ts';
import type { Problem } from '../config/reading/problems.ts';
import { readSource } from '../config/reading/read-source.ts';
import type { CheckContext, CheckedManager } from './context.ts';
import { checkFailures } from './ext-authz/failure.ts';
import { checkMutationRules } from './ext-authz/mutation-rules.ts';
import { findSallyport } from './ext-authz/sallyport-filter.ts';
import { checkService } from './ext-authz/service.ts';
import { checkShownHeaders } from './ext-authz/shown-headers.ts';
import { knownPowers, powersOf } from './filter-powers.ts';
import type { EnvoyFindings } from './findings.ts';
import { Findings } from './findings.ts';
import { checkMatcher } from './kept/asking.ts';
import { checkKept } from './kept/kept.ts';
import { checkSharedRoutes } from './kept/shared-routes.ts';
import { checkManager } from './manager.ts';
import { ConfigNode } from './reading/config-node.ts';
import type { HttpFilter } from './reading/http-filter.ts';
import { readChains } from './reading/http-filter.ts';
import { readSetup } from './reading/setup.ts';
import type { RouteTable } from './routes/route-table.ts';
import { readRouteTable } from './routes/route-table.ts';
import { checkUnaskedRoutes, reachesUnasked } from './routes/unasked-routes.ts';
import { checkStrip } from './strip/strip.ts';

/**
 * Finds what is dangerous or useless in the configuration of Envoy around Sallyport. The files are one configuration: YAML or
 * JSON; a bootstrap, a listener, a cluster, a route configuration, or what `/config_dump` prints. Never throws.
 *
 * @param names paths of the files; findings quote them.
 * @param config the configuration of the Sallyport that this Envoy asks.
 */
export function checkEnvoy(names: readonly string[], config: Config): EnvoyFindings {
  const read = names.map(readFile);
  const broken = read.flatMap((one) => (one instanceof ConfigNode ? [] : one));
  if (broken.length > 0) return { problems: broken, warnings: [], unseen: [] };
  const files = read.flatMap((one) => (one instanceof ConfigNode ? one : []));
  const setup = readSetup(files);
  const findings = new Findings();
  const context: CheckContext = { config, setup, findings };
  const chains = setup.managers.flatMap((node) => readChains(node, setup).map((chain) => ({ node, ...chain })));
  const checked = chains.flatMap(({ node, filters }) => checkOne(context, node, filters) ?? []);
  checkSharedRoutes(context, checked);
  for (const source of setup.sources) {
    findings.miss(
      source,
      'listeners or clusters that come from here are in none of the files: check what /config_dump prints',
    );
  }
  const [first] = files;
  if (checked.length === 0 && first !== undefined) {
    if (chains.length === 0)
      findings.refuse(first, 'no HTTP connection manager: expected the configuration of an Envoy');
    else
      findings.refuse(
        first,
        'Envoy asks Sallyport about no request: add envoy.filters.http.ext_authz, as in envoy.yaml',
      );
  } else {
    const asking = new Set(checked.map(({ filters }) => filters));
    const managers = new Set(checked.map(({ node }) => node));
    for (const { node, upgrade } of chains.filter((one) => !asking.has(one.filters))) {
      if (upgrade === undefined) {
        findings.warn(node.get('http_filters') ?? node, 'this listener asks Sallyport about no request');
      } else if (managers.has(node)) {
        const why = 'requests with this upgrade pass these filters instead, and Envoy does not ask about them';
        findings.refuse(upgrade.get('filters') ?? upgrade, `${why}: remove the list, or add ext_authz to it`);
      }
    }
  }
  return findings.result();
}

/** The document, or what keeps it from being read. */
function readFile(name: string): ConfigNode | readonly Problem[] {
  const read = readSource(name);
  if (read.outcome === 'unreadable') return [{ file: name, line: 1, column: 1, path: '', message: read.why }];
  const { source } = read;
  if (source.problems.length > 0) return source.problems.map((problem) => ({ file: name, path: '', ...problem }));
  return new ConfigNode({ name, source }, source.value);
}

/** Checks one connection manager; `undefined` if it does not ask Sallyport. */
function checkOne(context: CheckContext, node: ConfigNode, filters: readonly HttpFilter[]): CheckedManager | undefined {
  const found = findSallyport(context, filters);
  if (found === undefined) return undefined;
  const checked: CheckedManager = { node, filters, ...found, routes: routesOf(context, node) };
  const isUnasked = reachesUnasked(checked);
  checkManager(context, node, isUnasked);
  checkStrip(context, checked, isUnasked);
  checkFailures(context, checked);
  checkService(context, checked);
  checkShownHeaders(context, checked);
  checkMutationRules(context, checked);
  checkMatcher(context, checked);
  checkServers(context, checked);
  checkUnaskedRoutes(context, checked);
  checkKept(context, checked);
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
function checkServers({ findings }: CheckContext, { filters, askedAt }: CheckedManager): void {
  for (const { node, runs } of filters.slice(0, askedAt)) {
    const server = [...runs].find((kind) => powersOf(kind).serves);
    if (server !== undefined) {
      const why = 'it answers requests, or sends them on, before Envoy asks Sallyport';
      findings.refuse(node, `${why}: put it behind ext_authz`);
    } else if (runs.size === 0) {
      findings.miss(node, 'what this filter in front of ext_authz does is in none of the files');
    } else if ([...runs].some((kind) => knownPowers(kind) === undefined)) {
      findings.miss(node, 'Sallyport does not know what this filter in front of ext_authz does');
    }
  }
}
