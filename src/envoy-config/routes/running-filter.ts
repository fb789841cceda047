import type { ConfigNode } from '../reading/config-node.ts';
import type { HttpFilter } from '../reading/http-filter.ts';
import { kindsIn } from '../reading/http-filter.ts';
import { allOverrides, type RouteTable } from './route-table.ts';

/** A filter with what routes say of it. */
export interface RunningFilter {
  /** The kinds of the filters that it may run, on whichever route. */
  readonly kinds: ReadonlySet<string>;
  /** Its configuration, and those that routes have for it. */
  readonly configs: readonly ConfigNode[];
}

/** `undefined` if it is off, and no route turns it on. @param routes `undefined` if the files do not contain them. */
export function runningFilter(filter: HttpFilter, routes: RouteTable | undefined): RunningFilter | undefined {
  const { node, name, config, runs } = filter;
  const overrides = routes === undefined ? [] : [...allOverrides(routes)].filter(([of]) => of === name);
  const own = overrides.map(([, override]) => override);
  const isOff = node.get('disabled')?.isTrue === true && own.every(({ disabled }) => disabled);
  if (isOff && routes !== undefined) return undefined;
  const configs = own.map((override) => override.config);
  const kinds = new Set([...runs, ...configs.flatMap((one) => [...kindsIn(one)])]);
  return { kinds, configs: [...(config === undefined ? [] : [config]), ...configs] };
}
