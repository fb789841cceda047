import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';
import { DECIDED, KEPT } from './names.ts';

const RIGHT = `{ filter: ${KEPT}, path: [{ key: ${DECIDED} }], value: { bool_match: true }, invert: true }`;

/** Istio writes the conditions of an AuthorizationPolicy into this filter, whose metadata turns ext_authz on. */
const ISTIO = 'envoy.filters.http.rbac';

/** Whether ext_authz asks less because of the first filter. */
export function isOurMatcher(config: ConfigNode): boolean {
  return config.get('filter_enabled_metadata', 'filter')?.text === KEPT;
}

/**
 * Checks `filter_enabled_metadata`, also where nothing is kept: every other condition lets requests pass that Sallyport was
 * not asked about.
 */
export function checkMatcher({ findings }: CheckContext, { asking: { config } }: CheckedManager): void {
  const matcher = config.get('filter_enabled_metadata');
  if (matcher === undefined) return;
  if (matcher.get('filter')?.text === ISTIO) {
    findings.miss(
      matcher,
      'Envoy asks where the RBAC filter in front says so, as Istio sets it up: its rules are not checked',
    );
    return;
  }
  if (!isOurMatcher(config)) {
    findings.refuse(matcher, `metadata of other filters turns ext_authz off: remove it, or write ${RIGHT}`);
    return;
  }
  const keys = matcher.get('path')?.items() ?? [];
  const value = matcher.get('value', 'bool_match');
  const isPath = keys.length === 1 && keys[0]?.get('key')?.text === DECIDED;
  if (matcher.get('invert')?.isTrue !== true) {
    findings.refuse(matcher, `Envoy asks only where an answer was kept, and all others pass: write ${RIGHT}`);
  } else if (!isPath || value?.isTrue !== true) {
    findings.refuse(
      matcher,
      `expected ${RIGHT}: anything else turns ext_authz off at other times than the script says`,
    );
  }
}

/** Checks the rest of what ext_authz must have beside the two filters. */
export function checkAsking({ findings }: CheckContext, { asking: { node, config } }: CheckedManager): void {
  if (config.get('grpc_service') === undefined) {
    findings.warn(node, 'only answers over gRPC can be kept: ask with grpc_service, or remove the filters');
  }
  if (config.get('filter_enabled_metadata') === undefined) {
    const why = 'a kept answer is asked about again, without its credential, and clients read 401';
    findings.warn(node, `${why}: set filter_enabled_metadata: ${RIGHT}`);
  }
  const denies = config.get('deny_at_disable');
  if (denies?.get('default_value')?.isTrue === true || denies?.get('runtime_key') !== undefined) {
    findings.warn(denies, 'Envoy denies each request that a kept answer lets pass: remove deny_at_disable');
  }
  const namespaces = config.get('metadata_context_namespaces');
  if (namespaces?.items().some(({ text }) => text === KEPT) !== true) {
    const why = 'Sallyport does not count the requests that pass by kept answers';
    findings.warn(namespaces ?? node, `${why}: add ${KEPT} to metadata_context_namespaces`);
  }
  const ingestion = config.get('enable_dynamic_metadata_ingestion');
  if (ingestion?.isFalse === true) {
    findings.warn(ingestion, 'Envoy drops how long an answer may be kept, so that none is: remove this line');
  }
}
