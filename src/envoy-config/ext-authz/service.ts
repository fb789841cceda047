import { identityHeaders } from '../../config/sections/identity/identity.ts';
import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import { readStringMatchers } from '../reading/string-matcher.ts';
import { overridesOf } from '../routes/route-table.ts';
import { readStrip } from '../strip/strip.ts';
import { checkCluster } from './cluster.ts';
import { clusterOf, isSallyport } from './sallyport-filter.ts';

/** Envoy's own, for both kinds of services. */
const DEFAULT_TIMEOUT_MS = 200;

/** Checks how Envoy reaches Sallyport: the time that it waits, what it sends, and the cluster. */
export function checkService(context: CheckContext, checked: CheckedManager): void {
  const { asking, routes } = checked;
  const { name, config } = asking;
  checkOne(context, checked, config);
  for (const host of routes?.hosts ?? []) {
    for (const { levels } of host.routes) {
      for (const { config: own } of overridesOf(name, levels)) {
        const settings = own.get('check_settings');
        if (settings?.get('grpc_service') ?? settings?.get('http_service')) {
          if (warnOfOther(context, settings, config)) continue;
          checkOne(context, checked, settings);
        }
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

/** Whether a route asks another service although the filter asks Sallyport. */
function warnOfOther(context: CheckContext, settings: ConfigNode, config: ConfigNode): boolean {
  const [own, other] = [clusterOf(config), clusterOf(settings)];
  const isOther = isSallyport(context, own) && other !== undefined && !isSallyport(context, other);
  if (isOther) {
    const why = `cluster '${other}' decides about the requests of this route, and not Sallyport`;
    context.findings.warn(settings, `${why}: remove its service, or make the route public in sallyport.yaml`);
  }
  return isOther;
}

function checkOne(context: CheckContext, checked: CheckedManager, settings: ConfigNode): void {
  const { config: whole } = checked.asking;
  const grpc = settings.get('grpc_service');
  const http = settings.get('http_service');
  warnOfTimeout(context, grpc?.get('timeout') ?? http?.get('server_uri', 'timeout'), grpc ?? http ?? settings);
  const cluster = grpc?.get('envoy_grpc', 'cluster_name') ?? http?.get('server_uri', 'cluster');
  if (cluster !== undefined) checkCluster(context, cluster, grpc === undefined ? 'http' : 'grpc');
  else if (grpc?.get('google_grpc') !== undefined) {
    context.findings.miss(grpc, 'the connection of google_grpc is not checked');
  }
  if (http !== undefined) checkHttpAnswer(context, checked, http);
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
function checkHttpAnswer(context: CheckContext, checked: CheckedManager, http: ConfigNode): void {
  const { config, findings } = context;
  if (config.listen.verify?.mode !== 'path') {
    findings.warn(http, 'Sallyport has no listener for it: set listen.verify with mode: path');
  }
  const response = http.get('authorization_response');
  const names = identityHeaders(config.identity);
  const [taken, appended] = ['allowed_upstream_headers', 'allowed_upstream_headers_to_append'].map((field) => {
    const list = response?.get(field);
    return { list, has: list === undefined ? () => false : readStringMatchers(list) };
  });
  // A header that Envoy removes from each request is only absent.
  const passing = readStrip(context, checked, checked.filters.slice(0, checked.askedAt)).names.identity;
  const left = taken?.list === undefined ? names : passing;
  const missing = names.filter((name) => taken?.has(name) === false && left.includes(name));
  if (missing.length > 0) {
    findings.refuse(
      taken?.list ?? response ?? http,
      `upstreams read identity headers as the client sent them: name ${missing.join(', ')} in allowed_upstream_headers`,
    );
  }
  const joined = names.filter((name) => appended?.has(name) === true);
  if (joined.length > 0 && appended?.list !== undefined) {
    const why = `Envoy adds ${joined.join(', ')} to what the client sent under that name`;
    findings.refuse(appended.list, `${why}: name them in allowed_upstream_headers alone`);
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
