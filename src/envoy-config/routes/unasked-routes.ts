import { quote } from '../../lib/wording.ts';
import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import type { HttpFilter } from '../reading/http-filter.ts';
import { publicityOf } from './public-routes.ts';
import type { EnvoyRoute, RouteTable } from './route-table.ts';
import { overridesOf } from './route-table.ts';

/** Whether some request reaches a service although Envoy does not ask about it. */
export function reachesUnasked({ all, routes }: CheckedManager): boolean {
  const isOff = all.some(
    ({ config }) => config.get('failure_mode_allow')?.isTrue === true || config.get('filter_enabled') !== undefined,
  );
  const every = routes?.hosts.flatMap((host) => host.routes) ?? [];
  return isOff || every.some((route) => route.forwards && offEverywhere(all, route) !== undefined);
}

/** Warns of routes on which Envoy does not ask although Sallyport would not let every request pass. */
export function checkUnaskedRoutes({ config, findings }: CheckContext, { all, routes }: CheckedManager): void {
  checkSwitch(findings, all, routes);
  for (const { domains, routes: own } of routes?.hosts ?? []) {
    for (const route of own) {
      const off = offEverywhere(all, route);
      if (off === undefined || !route.forwards) continue;
      const match = route.node.get('match');
      const publicity = publicityOf(match, domains, config);
      if (publicity.outcome === 'public') continue;
      findings.warn(off, `${whyOf(publicity)}. Requests pass unasked: remove this, or make the route public there`);
    }
  }
}

function whyOf(publicity: Exclude<ReturnType<typeof publicityOf>, { outcome: 'public' }>): string {
  if (publicity.outcome === 'unclear') {
    return 'ext_authz is off for paths that cannot be compared with the routes of sallyport.yaml';
  }
  const { route } = publicity;
  if (route === undefined) return 'ext_authz is off for paths that no public route of sallyport.yaml covers';
  return `ext_authz is off for paths of which sallyport.yaml does not make all public, such as ${quote(route.pattern)}`;
}

/** A filter that is off runs on the routes that have a configuration for it. */
function checkSwitch(
  findings: CheckContext['findings'],
  all: readonly HttpFilter[],
  routes: RouteTable | undefined,
): void {
  const every = routes?.hosts.flatMap((host) => host.routes) ?? [];
  for (const { node } of all) {
    const disabled = node.get('disabled');
    if (disabled?.isTrue !== true) continue;
    if (routes === undefined) findings.miss(disabled, 'ext_authz is off except on routes that turn it on');
    else if (every.every((route) => offEverywhere(all, route) !== undefined)) {
      findings.refuse(
        disabled,
        'ext_authz is off, and no route turns it on, so that every request passes: remove this',
      );
    }
  }
}

/** Where the last of the filters is turned off for a route; `undefined` if one of them asks. */
function offEverywhere(all: readonly HttpFilter[], route: EnvoyRoute): ConfigNode | undefined {
  const places = all.map((asking) => offAt(asking, route));
  return places.includes(undefined) ? undefined : places.at(-1);
}

/** Where the filter is turned off for a route: by the most specific level that says anything of it, or from the beginning. */
function offAt({ name, node }: HttpFilter, { levels, node: route }: EnvoyRoute): ConfigNode | undefined {
  const override = overridesOf(name, levels).at(-1);
  if (override !== undefined) return override.disabled ? override.node : undefined;
  return node.get('disabled')?.isTrue === true ? route : undefined;
}
