import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import { overridesOf } from '../routes/route-table.ts';
import { checkCluster } from './cluster.ts';

/** Envoy's own, for both kinds of services. */
const DEFAULT_TIMEOUT_MS = 200;

/** Checks how Envoy reaches Sallyport: the time that it waits, what it sends, and the cluster. */
export function checkService(context: CheckContext, { asking: { name, config }, routes }: CheckedManager): void {
  checkOne(context, config, config);
  for (const host of routes?.hosts ?? []) {
    for (const { levels } of host.routes) {
      for (const { config: own } of overridesOf(name, levels)) {
        const settings = own.get('check_settings');
        if (settings?.get('grpc_service') ?? settings?.get('http_service')) checkOne(context, settings, config);
        warnOfBody(context, settings);
      }
    }
  }
  warnOfBody(context, config);
  const version = config.get('transport_api_version');
  if (config.get('grpc_service') !== undefined && version?.value !== 'V3' && version?.value !== 2) {
    context.findings.warn(version ?? config, 'Sallyport speaks version 3 alone: set transport_api_version: V3');
  }
}

function checkOne(context: CheckContext, settings: ConfigNode, whole: ConfigNode): void {
  const grpc = settings.get('grpc_service');
  const http = settings.get('http_service');
  warnOfTimeout(context, grpc?.get('timeout') ?? http?.get('server_uri', 'timeout'), grpc ?? http ?? settings);
  const cluster = grpc?.get('envoy_grpc', 'cluster_name') ?? http?.get('server_uri', 'cluster');
  if (cluster !== undefined) checkCluster(context, cluster, grpc === undefined ? 'http' : 'grpc');
  else if (grpc?.get('google_grpc') !== undefined) {
    context.findings.miss(grpc, 'the connection of google_grpc is not checked');
  }
  if (http !== undefined) checkHttpAnswer(context, http);
  if (grpc !== undefined && whole.get('encode_raw_headers')?.isTrue !== true) {
    const why = 'fields that a client sends twice arrive joined, and bytes outside UTF-8 replaced';
    context.findings.warn(whole.get('encode_raw_headers') ?? whole, `${why}: set encode_raw_headers: true`);
  }
}

function warnOfTimeout({ config, findings }: CheckContext, timeout: ConfigNode | undefined, service: ConfigNode): void {
  const { decisionMs } = config.timeouts;
  const at = timeout ?? service;
  const waitsMs = timeout === undefined ? DEFAULT_TIMEOUT_MS : timeout.durationMs;
  if (waitsMs === undefined) findings.warn(at, "expected a duration in seconds, such as '0.2s'");
  else if (waitsMs === 0) findings.warn(at, 'Envoy waits without end: set a time longer than timeouts.decision');
  else if (waitsMs <= decisionMs) {
    const than = `Envoy waits ${waitsMs} ms, but Sallyport may take ${decisionMs} ms (timeouts.decision)`;
    findings.warn(at, `${than}: clients would not learn why, so set it longer`);
  }
}

/** Over HTTP, Envoy takes from an answer only the header fields that its configuration names. */
function checkHttpAnswer({ config, findings }: CheckContext, http: ConfigNode): void {
  if (config.listen.verify?.mode !== 'path') {
    findings.warn(http, 'Sallyport has no listener for it: set listen.verify with mode: path');
  }
  const response = http.get('authorization_response');
  if (response?.get('allowed_upstream_headers') === undefined) {
    const names = Object.values({ ...config.identity.headers }).join(', ');
    findings.refuse(
      response ?? http,
      `upstreams read identity headers as the client sent them: name ${names} in allowed_upstream_headers`,
    );
  }
}

function warnOfBody({ findings }: CheckContext, settings: ConfigNode | undefined): void {
  const body = settings?.get('with_request_body');
  if (body === undefined) return;
  findings.warn(
    body,
    'Sallyport reads no body: Envoy holds each body for nothing, and answers 413 to long ones; remove it',
  );
}
