import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { ConnectionManager } from '../servers/envoy.ts';

const FOLDER = new URL('../../../deploy/gateways/envoy-kept/', import.meta.url);
/** The script of the product. */
export const KEPT_LUA = fileURLToPath(new URL('kept.lua', FOLDER));
/** The name of both filters, and of the namespace that switches ext_authz off. */
export const KEPT = 'sallyport.kept';
/** The response field in which the gateways of {@link keeping} say whether a request passed by a kept answer. */
export const KEPT_FIELD = 'x-kept';

/** A filter of Envoy's, as `envoy.yaml` writes it. */
export interface Filter {
  readonly name: string;
  readonly typed_config: Record<string, unknown>;
}

/** What `deploy/gateways/envoy-kept/envoy.yaml` adds to the top-level `envoy.yaml`, which a test may change in place. */
export interface KeptParts {
  front: Filter[];
  /** Members of ext_authz's own configuration. */
  extAuthz: Record<string, unknown>;
  behind: Filter[];
  /** `LuaPerRoute` of the route configuration. */
  code: Record<string, unknown>;
}

/** The keys of ext_authz that {@link KeptParts.extAuthz} has. */
const OWN_KEYS = ['filter_enabled_metadata', 'metadata_context_namespaces'];

/** Reads `deploy/gateways/envoy-kept/envoy.yaml`, with `kept.lua` where it lies in this folder. */
export function keptParts(): KeptParts {
  const { listeners } = parse(readFileSync(new URL('envoy.yaml', FOLDER), 'utf8')).static_resources;
  const manager = listeners[0].filter_chains[0].filters[0].typed_config;
  const filters: readonly Filter[] = manager.http_filters;
  const asking = filters.findIndex(({ name }) => name.endsWith('ext_authz'));
  const extAuthz = filters[asking]?.typed_config ?? {};
  const code = manager.route_config.typed_per_filter_config[KEPT];
  return {
    front: filters.slice(0, asking),
    extAuthz: Object.fromEntries(OWN_KEYS.map((key) => [key, extAuthz[key]])),
    behind: filters.slice(asking + 1, -1),
    code: { ...code, source_code: { filename: KEPT_LUA } },
  };
}

/** Makes a gateway of `startEnvoy` keep answers. Use it as its `edit`. @param change what differs from the product's. */
export function keeping(change: (parts: KeptParts, manager: ConnectionManager) => void = () => {}) {
  return (manager: ConnectionManager): void => {
    const parts = keptParts();
    change(parts, manager);
    const [asking, ...rest] = manager.http_filters;
    Object.assign(asking.typed_config, parts.extAuthz);
    manager.http_filters.splice(0, 1 + rest.length, ...parts.front, asking, ...parts.behind, ...rest);
    const { route_config: routes } = manager;
    routes.typed_per_filter_config = { ...routes.typed_per_filter_config, [KEPT]: parts.code };
    showHits(manager);
  };
}

/** Makes a gateway name hits in {@link KEPT_FIELD} of its responses. */
export function showHits({ route_config: routes }: ConnectionManager): void {
  const header = { key: KEPT_FIELD, value: `%DYNAMIC_METADATA(${KEPT}:decided)%` };
  routes.response_headers_to_add = [{ header, keep_empty_value: true }];
}
