import { parse, stringify } from 'yaml';

/** What protects the services, and no setting of Istio sets. */
const MANAGER_SETTINGS = [
  'normalize_path',
  'merge_slashes',
  'path_with_escaped_slashes_action',
  'common_http_protocol_options',
  'early_header_mutation_extensions',
  'request_headers_timeout',
];
const CHECK_SETTINGS = ['encode_raw_headers'];

/** A filter of Envoy, with its settings. */
interface Filter {
  readonly name: string;
  readonly typed_config: Readonly<Record<string, unknown>>;
}

/**
 * Returns the settings of envoy.yaml for which Istio has no other words, as a patch of its ingress gateway.
 *
 * @param text envoy.yaml. Envoy refuses a file of another form.
 */
export function gatewayFilter(text: string): string {
  const file = parse(text) as { static_resources: { listeners: [{ filter_chains: [{ filters: [Filter] }] }] } };
  const manager = file.static_resources.listeners[0].filter_chains[0].filters[0];
  const [check] = manager.typed_config['http_filters'] as [Filter];
  const listenerWith = (filter: object): object => ({
    context: 'GATEWAY',
    listener: { filterChain: { filter: { name: manager.name, ...filter } } },
  });
  const configPatches = [
    { applyTo: 'NETWORK_FILTER', match: listenerWith({}), patch: merge(manager, MANAGER_SETTINGS) },
    {
      applyTo: 'HTTP_FILTER',
      match: listenerWith({ subFilter: { name: check.name } }),
      patch: merge(check, CHECK_SETTINGS),
    },
  ];
  const object = {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name: 'sallyport', namespace: 'istio-ingress' },
    // The label of Istio's Helm chart `gateway`, installed as istio-ingress.
    spec: { workloadSelector: { labels: { istio: 'ingress' } }, configPatches },
  };
  const yaml = stringify(object, { lineWidth: 0 });
  return `# Generated from envoy.yaml, which explains these lines, by \`npm run overlays\`.\n${yaml}`;
}

function merge({ name, typed_config }: Filter, settings: readonly string[]): object {
  const picked = Object.entries(typed_config).filter(([key]) => key === '@type' || settings.includes(key));
  return { operation: 'MERGE', value: { name, typed_config: Object.fromEntries(picked) } };
}
