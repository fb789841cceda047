import type { ConfigNode } from './config-node.ts';
import type { EnvoySetup } from './setup.ts';

/** One of the HTTP filters of a connection manager. */
export interface HttpFilter {
  readonly node: ConfigNode;
  /** The name by which routes refer to it. */
  readonly name: string;
  /** Such as `ext_authz` or `lua`; `''` if the files do not say it. */
  readonly kind: string;
  /** Its configuration; `undefined` if the files do not contain it. */
  readonly config: ConfigNode | undefined;
  /** The kinds of the filters that it may run: its own, and those that it chooses from. */
  readonly runs: ReadonlySet<string>;
}

const KIND = /^envoy\.extensions\.filters\.http\.([a-z0-9_]+)\./;
const CONFIGS_OF_ROUTES = /^(?:FilterConfig$|.*PerRoute$)/;

/** One of the lists of filters of a connection manager. */
export interface FilterChain {
  /** The kind of upgrade for which it takes the place of `http_filters`; `undefined` for the latter itself. */
  readonly upgrade: ConfigNode | undefined;
  readonly filters: readonly HttpFilter[];
}

/** All lists of filters of a connection manager, that of requests without an upgrade first. */
export function readChains(manager: ConfigNode, setup: EnvoySetup): readonly FilterChain[] {
  const upgrades = manager.get('upgrade_configs')?.items() ?? [];
  const chains = upgrades.map((upgrade) => ({ upgrade, filters: readFilters(upgrade.get('filters'), setup) }));
  const usual = { upgrade: undefined, filters: readFilters(manager.get('http_filters'), setup) };
  return [usual, ...chains.filter(({ filters }) => filters.length > 0)];
}

/** A list of filters, in the order in which a request passes them. */
function readFilters(list: ConfigNode | undefined, { filterConfigs }: EnvoySetup): readonly HttpFilter[] {
  return (list?.items() ?? []).map((node) => {
    const name = node.get('name')?.text ?? '';
    const discovery = node.get('config_discovery');
    const found = discovery && (filterConfigs.get(name) ?? discovery.get('default_config'));
    const written = node.get('typed_config') ?? found;
    const runs = new Set(written === undefined ? [] : kindsIn(written));
    const kind = kindOf(written?.innerType) ?? (runs.size === 0 ? kindOfName(name) : '');
    if (kind !== '' && runs.size === 0) runs.add(kind);
    return { node, name, kind, config: written?.unwrapped(), runs };
  });
}

function kindOf(type: string | undefined): string | undefined {
  return KIND.exec(type ?? '')?.[1];
}

/** Of a filter without a configuration, Envoy's own name says the kind, also with more behind a slash. */
function kindOfName(name: string): string {
  return /^envoy\.filters\.http\.([a-z0-9_]+)(?:\/|$)/.exec(name)?.[1] ?? '';
}

/** The kinds of all filters that a configuration contains: some filters choose others for each request. */
export function* kindsIn(node: ConfigNode): Iterable<string> {
  const type = node.innerType ?? '';
  const kind = kindOf(type);
  if (kind !== undefined && !CONFIGS_OF_ROUTES.test(type.slice(type.lastIndexOf('.') + 1))) yield kind;
  for (const [, member] of node.entries()) yield* kindsIn(member);
  for (const item of node.items()) yield* kindsIn(item);
}
