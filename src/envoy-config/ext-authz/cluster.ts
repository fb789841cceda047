import type { CheckContext } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';

const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
/** Discovery types under which one name can stand for several endpoints, or comes from elsewhere. */
const MANY = new Set(['STRICT_DNS', 'EDS']);

/** Checks the cluster through which Envoy reaches Sallyport. @param name where the filter names it. */
export function checkCluster(context: CheckContext, name: ConfigNode, protocol: 'grpc' | 'http'): void {
  const { setup, findings } = context;
  const cluster = setup.clusters.get(name.text ?? '');
  if (cluster === undefined) {
    findings.miss(name, `cluster '${name.text ?? ''}' is in none of the files: its settings are not checked`);
    return;
  }
  if (protocol === 'grpc') {
    if (!speaksHttp2(cluster)) {
      const how = 'set http2_protocol_options in its typed_extension_protocol_options';
      findings.warn(cluster, `gRPC needs HTTP/2, so every question fails: ${how}`);
    }
    warnOfTls(context, cluster);
  }
  checkCertificate(context, cluster);
  if (hasManyEndpoints(cluster)) warnOfEndpoints(context, cluster);
}

/** Where the trusted certificates are, of which one is enough. */
const VALIDATIONS = ['validation_context', 'combined_validation_context', 'validation_context_sds_secret_config'];

/** Over TLS Envoy trusts every certificate unless it is told which. */
function checkCertificate({ findings }: CheckContext, cluster: ConfigNode): void {
  const matched = (cluster.get('transport_socket_matches')?.items() ?? []).map((one) => one.get('transport_socket'));
  // Envoy Gateway writes an empty one beside those that its endpoints match.
  const sockets = matched.length > 0 ? matched : [cluster.get('transport_socket')];
  for (const socket of sockets) {
    const tls = socket?.get('typed_config')?.unwrapped().get('common_tls_context');
    if (tls === undefined) continue;
    const rules = VALIDATIONS.flatMap((field) => tls.get(field) ?? []);
    const own = rules.map((rule) => rule.get('default_validation_context') ?? rule);
    const accepts = own.map((rule) => rule.get('trust_chain_verification')).find((mode) => isAll(mode));
    if (rules.length > 0 && accepts === undefined) continue;
    const why =
      'another server on the way to Sallyport can let every request pass, since Envoy trusts each certificate';
    findings.refuse(accepts ?? tls, `${why}: set trusted_ca and match_typed_subject_alt_names in validation_context`);
  }
}

function isAll(mode: ConfigNode | undefined): boolean {
  return mode?.value === 'ACCEPT_UNTRUSTED' || mode?.value === 1;
}

function speaksHttp2(cluster: ConfigNode): boolean {
  const options = cluster.get('typed_extension_protocol_options')?.entries() ?? [];
  const [, own] = options.find(([name]) => name === HTTP_OPTIONS) ?? [];
  const ways = [own?.get('explicit_http_config'), own?.get('auto_config'), own?.get('use_downstream_protocol_config')];
  return [cluster, ...ways].some((one) => one?.get('http2_protocol_options') !== undefined);
}

function hasManyEndpoints(cluster: ConfigNode): boolean {
  const localities = cluster.get('load_assignment', 'endpoints')?.items() ?? [];
  const count = localities.reduce((sum, one) => sum + (one.get('lb_endpoints')?.items().length ?? 0), 0);
  return count > 1 || MANY.has(cluster.get('type')?.text ?? '') || cluster.get('cluster_type') !== undefined;
}

function warnOfEndpoints({ findings }: CheckContext, cluster: ConfigNode): void {
  if ((cluster.get('health_checks')?.items() ?? []).length === 0) {
    const why = 'Envoy keeps asking an endpoint that is gone or about to stop';
    findings.warn(cluster, `${why}: add health_checks with grpc_health_check, as in envoy.yaml`);
    return;
  }
  const panic = cluster.get('common_lb_config', 'healthy_panic_threshold');
  if ((panic?.number ?? 50) <= 1) return;
  const why = 'once that share of the endpoints is not healthy, Envoy asks all of them, also those that are gone';
  const how = 'set common_lb_config: { healthy_panic_threshold: { value: 1 } }';
  findings.warn(panic ?? cluster, `${why} (50 % by default): ${how}`);
}

function warnOfTls({ config, findings }: CheckContext, cluster: ConfigNode): void {
  const listener = config.listen.extAuthz;
  if (listener === undefined) {
    findings.warn(cluster, 'Sallyport has no listener for it: set listen.extAuthz');
    return;
  }
  const socket = cluster.get('transport_socket') ?? cluster.get('transport_socket_matches');
  if (listener.tls !== undefined && socket === undefined) {
    findings.warn(cluster, "Sallyport's listener requires TLS (listen.extAuthz.tls): add a transport_socket");
  }
}
