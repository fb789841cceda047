/** What an HTTP filter of Envoy can do to a request before the next filter sees it. */
export interface FilterPowers {
  /** In which namespaces it writes dynamic metadata: any, those that its configuration names, or only its own. */
  readonly writes: 'any' | 'configured' | 'own';
  /** Whether it can change the method, the host, the path or the credential: always, or if its configuration says so. */
  readonly changes: 'yes' | 'configured' | 'no';
  /** Whether it can answer a request, or send it on, without the filters behind it. */
  readonly serves: boolean;
}

const PLAIN: FilterPowers = { writes: 'own', changes: 'no', serves: false };
/** Code, and filters that Sallyport does not know. */
const ANYTHING: FilterPowers = { writes: 'any', changes: 'yes', serves: false };
const CHANGES: FilterPowers = { ...PLAIN, changes: 'yes' };
const SERVES: FilterPowers = { ...PLAIN, serves: true };
const CONFIGURED: FilterPowers = { ...PLAIN, writes: 'configured' };

/** By kind. As documented for Envoy 1.36 to 1.40. */
const POWERS: Readonly<Record<string, FilterPowers>> = {
  lua: ANYTHING,
  wasm: ANYTHING,
  golang: ANYTHING,
  dynamic_modules: ANYTHING,
  ext_proc: { ...CONFIGURED, changes: 'yes' },
  header_to_metadata: { ...CONFIGURED, changes: 'configured' },
  json_to_metadata: CONFIGURED,
  sse_to_metadata: CONFIGURED,
  thrift_to_metadata: CONFIGURED,
  payload_to_metadata: CONFIGURED,
  aws_eventstream_parser: CONFIGURED,
  set_metadata: CONFIGURED,
  header_mutation: { ...PLAIN, changes: 'configured' },
  api_key_auth: CHANGES,
  aws_lambda: CHANGES,
  aws_request_signing: CHANGES,
  basic_auth: CHANGES,
  connect_grpc_bridge: CHANGES,
  credential_injector: CHANGES,
  ext_authz: CHANGES,
  gcp_authn: CHANGES,
  grpc_http1_reverse_bridge: CHANGES,
  grpc_json_reverse_transcoder: CHANGES,
  grpc_json_transcoder: CHANGES,
  jwt_authn: CHANGES,
  mcp_json_rest_bridge: CHANGES,
  oauth2: CHANGES,
  transform: CHANGES,
  ai_protocol_manager: CHANGES,
  cache: SERVES,
  cache_v2: SERVES,
  file_server: SERVES,
  mcp_router: SERVES,
  router: SERVES,
};

/** These read a request, delay it or refuse it, and change nothing that Sallyport decides by. */
const HARMLESS = new Set([
  'a2a',
  'adaptive_concurrency',
  'admission_control',
  'alternate_protocols_cache',
  'bandwidth_limit',
  'bandwidth_share',
  'body_size_limit',
  'buffer',
  'cdn_loop',
  'compressor',
  'cors',
  'csrf',
  'custom_response',
  'decompressor',
  'dynamic_forward_proxy',
  'dynamo',
  'fault',
  'file_system_buffer',
  'geoip',
  'grpc_field_extraction',
  'grpc_http1_bridge',
  'grpc_stats',
  'grpc_web',
  'health_check',
  'ip_tagging',
  'kill_request',
  'local_ratelimit',
  'mcp',
  'on_demand',
  'original_src',
  'proto_api_scrubber',
  'proto_message_extraction',
  'rate_limit_quota',
  'ratelimit',
  'rbac',
  'set_filter_state',
  'stateful_session',
  'tap',
  'upstream_codec',
]);

/** These choose other filters, whose powers count. */
const CHOOSES = new Set(['composite', 'filter_chain', 'match_delegate']);

/** The powers of a kind; `undefined` for a kind that Sallyport does not know. */
export function knownPowers(kind: string): FilterPowers | undefined {
  if (HARMLESS.has(kind) || CHOOSES.has(kind)) return PLAIN;
  return Object.hasOwn(POWERS, kind) ? POWERS[kind] : undefined;
}

/** The powers of a kind; an unknown kind can do anything. */
export function powersOf(kind: string): FilterPowers {
  return knownPowers(kind) ?? ANYTHING;
}
