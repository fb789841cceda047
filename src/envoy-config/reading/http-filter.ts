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

/** The filters of a connection manager, in the order in which a request passes them. */
export function readFilters(manager: ConfigNode, { filterConfigs }: EnvoySetup): readonly HttpFilter[] {
  return (manager.get('http_filters')?.items() ?? []).map((node) => {
    const name = node.get('name')?.text ?? '';
    const written = node.get('typed_config') ?? filterConfigs.get(node.get('config_discovery') ? name : '\n');
    const runs = new Set(written === undefined ? [] : kindsIn(written));
    const kind = kindOf(written?.innerType) ?? (runs.size === 0 ? kindOfName(name) : '');
    if (kind !== '' && runs.size === 0) runs.add(kind);
    return { node, name, kind, config: written?.unwrapped(), runs };
  });
}

function kindOf(type: string | undefined): string | undefined {
  return KIND.exec(type ?? '')?.[1];
}

/** Of a filter without a configuration, Envoy's own name says the kind. */
function kindOfName(name: string): string {
  return /^envoy\.filters\.http\.([a-z0-9_]+)$/.exec(name)?.[1] ?? '';
}

/** The kinds of all filters that a configuration contains: some filters choose others for each request. */
function* kindsIn(node: ConfigNode): Iterable<string> {
  const type = node.innerType ?? '';
  const kind = kindOf(type);
  if (kind !== undefined && !CONFIGS_OF_ROUTES.test(type.slice(type.lastIndexOf('.') + 1))) yield kind;
  for (const [, member] of node.entries()) yield* kindsIn(member);
  for (const item of node.items()) yield* kindsIn(item);
}
