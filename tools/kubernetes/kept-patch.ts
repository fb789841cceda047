import { parse, stringify } from 'yaml';

const KEPT = 'sallyport.kept';
/** The name that Envoy Gateway gives to the listener of the overlay, and to its routes. */
const RESOURCE = 'gateway/gateway/http';
const FILTERS = '/default_filter_chain/filters/0/typed_config/http_filters';

/** A filter of Envoy, with its settings. */
interface Filter {
  readonly name: string;
  readonly typed_config: Readonly<Record<string, unknown>>;
}
interface Manager {
  readonly http_filters: readonly [first: Filter, asking: Filter, second: Filter];
  readonly route_config: { readonly typed_per_filter_config: Readonly<Record<string, object>> };
}

/**
 * Returns what Envoy Gateway has no words for: the filters and the script of kept answers, as an EnvoyPatchPolicy for the
 * overlay, in which ext_authz is the first filter.
 *
 * @param text `deploy/gateways/envoy-kept/envoy.yaml`.
 * @param script `kept.lua`, which stands in the policy, because Envoy's pods have no such file.
 */
export function keptPatch(text: string, script: string): string {
  const file = parse(text) as {
    static_resources: { listeners: [{ filter_chains: [{ filters: [{ typed_config: Manager }] }] }] };
  };
  const manager = file.static_resources.listeners[0].filter_chains[0].filters[0].typed_config;
  const [first, asking, second] = manager.http_filters;
  const { filter_enabled_metadata: matcher, metadata_context_namespaces: namespaces } = asking.typed_config;
  const code = { ...manager.route_config.typed_per_filter_config[KEPT], source_code: { inline_string: script } };
  const add = (type: string, path: string, value: unknown): object => ({
    type: `type.googleapis.com/envoy.config.${type}`,
    name: RESOURCE,
    operation: { op: 'add', path, value },
  });
  const listener = (path: string, value: unknown): object => add('listener.v3.Listener', `${FILTERS}/${path}`, value);
  const object = {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyPatchPolicy',
    metadata: { name: 'sallyport-kept', namespace: 'gateway' },
    spec: {
      targetRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gateway' },
      type: 'JSONPatch',
      jsonPatches: [
        listener('0', first),
        listener('1/typed_config/filter_enabled_metadata', matcher),
        listener('1/typed_config/metadata_context_namespaces', namespaces),
        listener('2', second),
        add('route.v3.RouteConfiguration', '/typed_per_filter_config', { [KEPT]: code }),
      ],
    },
  };
  return `# Generated from envoy.yaml and kept.lua beside this file by \`npm run overlays\`. docs/kubernetes-gateways.md explains it.\n${stringify(object, { lineWidth: 0 })}`;
}
