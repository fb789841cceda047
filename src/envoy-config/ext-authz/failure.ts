import type { CheckContext, CheckedManager } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';

/** Names of the enum `StatusCode` with which a client takes an outage for success. */
const SUCCESS = new Set([
  'OK',
  'Created',
  'Accepted',
  'NonAuthoritativeInformation',
  'NoContent',
  'ResetContent',
  'PartialContent',
  'MultiStatus',
  'AlreadyReported',
  'IMUsed',
]);
/** By name, and by number of the enum. */
const DENOMINATORS = new Map<unknown, number>([
  ['HUNDRED', 100],
  ['TEN_THOUSAND', 10_000],
  ['MILLION', 1_000_000],
  [1, 10_000],
  [2, 1_000_000],
]);

/** Checks which requests the filter lets pass without an answer, and what clients read then. */
export function checkFailures({ findings }: CheckContext, { asking: { config, node } }: CheckedManager): void {
  const allows = config.get('failure_mode_allow');
  if (allows?.isTrue === true) {
    findings.refuse(allows, 'every request passes while Envoy cannot reach Sallyport: set it to false');
  }
  const shadow = config.get('shadow_mode');
  if (shadow?.isTrue === true) {
    const instead = "for a trial, use Sallyport's own `shadow: true`, which logs what it would have denied";
    findings.refuse(shadow, `Envoy lets pass what Sallyport denies: remove it; ${instead}`);
  }
  const optional = node.get('is_optional');
  if (optional?.isTrue === true) {
    findings.warn(
      optional,
      'an Envoy that was built without ext_authz ignores it, and every request passes: remove this',
    );
  }
  checkShare(findings, config);
  checkStatus(findings, config);
}

function checkShare(findings: CheckContext['findings'], config: ConfigNode): void {
  const enabled = config.get('filter_enabled');
  if (enabled === undefined) return;
  const share = shareOf(enabled.get('default_value'));
  const deniesRest = config.get('deny_at_disable', 'default_value')?.isTrue === true;
  if (share < 1) {
    const rest = deniesRest ? 'Envoy denies the others' : 'the others pass';
    findings.judge(!deniesRest, enabled, `Envoy asks about a part of the requests, and ${rest}: remove filter_enabled`);
  } else if (enabled.get('runtime_key') !== undefined && !deniesRest) {
    findings.warn(enabled, 'a runtime value can turn ext_authz off, and then every request passes: remove runtime_key');
  }
}

function shareOf(percent: ConfigNode | undefined): number {
  const whole = DENOMINATORS.get(percent?.get('denominator')?.value) ?? 100;
  return (percent?.get('numerator')?.number ?? 0) / whole;
}

function checkStatus(findings: CheckContext['findings'], config: ConfigNode): void {
  const status = config.get('status_on_error', 'code');
  const code = status?.number ?? 0;
  if (status === undefined) {
    const at = config.get('status_on_error') ?? config;
    findings.warn(
      at,
      'clients read 403 while Envoy cannot reach Sallyport, as if they were denied: set status_on_error: { code: ServiceUnavailable }',
    );
  } else if (SUCCESS.has(status.text ?? '') || (code >= 200 && code < 300)) {
    findings.refuse(status, 'clients and caches take an outage for success: set it to ServiceUnavailable');
  }
}
