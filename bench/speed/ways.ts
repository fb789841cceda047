import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { KEPT, keptParts } from '../../test/support/kept/keeping.ts';
import type { Way } from './gateway.ts';
import { asks } from './gateway.ts';

const ENVOY_YAML = new URL('../../envoy.yaml', import.meta.url);
/** What the top-level envoy.yaml does with each request before it asks: paths, and headers that only Sallyport sets. */
const PRODUCT_KEYS = [
  'normalize_path',
  'merge_slashes',
  'path_with_escaped_slashes_action',
  'common_http_protocol_options',
  'early_header_mutation_extensions',
];

/** The part of envoy.yaml that is read here. */
interface EnvoyConfig {
  readonly static_resources: {
    readonly listeners: readonly [
      {
        readonly filter_chains: readonly [
          { readonly filters: readonly [{ readonly typed_config: Readonly<Record<string, unknown>> }] },
        ];
      },
    ];
  };
}

/** Asks a server about each request, set up as the top-level envoy.yaml does it. */
export function askingWay(name: string, server: string): Way {
  return { name, filters: [asks(server)], manager: productKeys() };
}

/**
 * Like {@link askingWay}, and keeps the answers with the product's own script.
 *
 * @param context further members of the script's `filter_context`.
 */
export function keepingWay(name: string, server: string, context: Readonly<Record<string, unknown>> = {}): Way {
  const { front, extAuthz, behind, code } = keptParts();
  const filters = [...front, asks(server, extAuthz), ...behind];
  // `envoy.yaml` has `stripped` alone.
  const perRoute = { [KEPT]: { ...code, filter_context: { stripped: true, ...context } } };
  return { name, filters, manager: productKeys(), perRoute };
}

function productKeys(): Record<string, unknown> {
  // Envoy rejects a file of another form.
  const { static_resources: resources } = parse(readFileSync(ENVOY_YAML, 'utf8')) as EnvoyConfig;
  const { typed_config: manager } = resources.listeners[0].filter_chains[0].filters[0];
  return Object.fromEntries(PRODUCT_KEYS.map((key) => [key, manager[key]]));
}
