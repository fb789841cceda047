import type { Config } from '../../config/config.ts';
import { DECIDED, KEPT } from '../kept/names.ts';
import { stripMutations } from '../strip/mutations.ts';
import { forbiddenNames, strippedNames } from '../strip/stripped-names.ts';

/** The keys of Envoy's HttpConnectionManager that depend on a configuration of Sallyport. */
export interface ManagerParts {
  readonly early_header_mutation_extensions: readonly Extension[];
  /** The filters that ask, in their order; empty without a listener for gRPC. */
  readonly http_filters: readonly Extension[];
  /** Absent if nothing is kept. */
  readonly route_config?: { readonly typed_per_filter_config: Readonly<Record<string, object>> };
}

/** A filter or another extension of Envoy. */
export interface Extension {
  readonly name: string;
  readonly typed_config: Readonly<Record<string, unknown>>;
}

const TYPES = 'type.googleapis.com/envoy.extensions';
const LUA = `${TYPES}.filters.http.lua.v3`;
/** Where docs/kept-answers.md says to put the script. */
const SCRIPT = '/etc/envoy/kept.lua';
/** How much longer than Sallyport Envoy waits, so that the reason of a late answer arrives. */
const GRACE_MS = 50;
/** Where Envoy's MCP filter puts the message. */
const MCP = 'envoy.filters.http.mcp';

/** Makes them. They pass `sallyport check --envoy` with the rest of `envoy.yaml`. */
export function managerParts(config: Config): ManagerParts {
  const keeps = config.revocation.keepMs > 0 && config.listen.extAuthz !== undefined;
  const kept: readonly Extension[] = keeps ? [keptFilter()] : [];
  const asking = config.listen.extAuthz === undefined ? [] : [...kept, askingFilter(config, keeps), ...kept];
  return {
    early_header_mutation_extensions: [strip(config)],
    http_filters: asking,
    ...(keeps && { route_config: { typed_per_filter_config: { [KEPT]: keptCode() } } }),
  };
}

function strip(config: Config): Extension {
  const mutations = stripMutations(strippedNames(forbiddenNames(config))).map(({ mutation }) => mutation);
  return {
    name: 'envoy.http.early_header_mutation.header_mutation',
    typed_config: { '@type': `${TYPES}.http.early_header_mutation.header_mutation.v3.HeaderMutation`, mutations },
  };
}

function askingFilter({ timeouts, routes }: Config, keeps: boolean): Extension {
  const seconds = (timeouts.decisionMs + GRACE_MS) / 1000;
  const namespaces = [...(keeps ? [KEPT] : []), ...(routes.some(({ mcp }) => mcp !== undefined) ? [MCP] : [])];
  return {
    name: 'envoy.filters.http.ext_authz',
    typed_config: {
      '@type': `${TYPES}.filters.http.ext_authz.v3.ExtAuthz`,
      transport_api_version: 'V3',
      grpc_service: { envoy_grpc: { cluster_name: 'sallyport' }, timeout: `${seconds}s` },
      failure_mode_allow: false,
      status_on_error: { code: 'ServiceUnavailable' },
      encode_raw_headers: true,
      ...(keeps && {
        filter_enabled_metadata: {
          filter: KEPT,
          path: [{ key: DECIDED }],
          value: { bool_match: true },
          invert: true,
        },
      }),
      ...(namespaces.length > 0 && { metadata_context_namespaces: namespaces }),
    },
  };
}

function keptFilter(): Extension {
  return { name: KEPT, typed_config: { '@type': `${LUA}.Lua`, clear_route_cache: false } };
}

function keptCode(): object {
  return {
    '@type': `${LUA}.LuaPerRoute`,
    source_code: { filename: SCRIPT },
    filter_context: { stripped: true },
  };
}
