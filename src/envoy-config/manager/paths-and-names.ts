import type { CheckContext } from '../context.ts';
import type { ConfigNode } from '../reading/config-node.ts';

/** What `path_with_escaped_slashes_action` must not be. */
const KEEPS_ESCAPED = new Set<unknown>([undefined, 'IMPLEMENTATION_SPECIFIC_DEFAULT', 'KEEP_UNCHANGED', 0, 1]);
const ALLOWS_UNDERSCORES = new Set<unknown>([undefined, 'ALLOW', 0]);

/**
 * Checks that Envoy, Sallyport and the services read the same path and the same names.
 *
 * @param isUnasked whether some route reaches a service without a question: then Envoy alone compares the path.
 */
export function checkPathsAndNames({ findings }: CheckContext, manager: ConfigNode, isUnasked: boolean): void {
  const missing = (name: string, value: string, why: string): void => {
    const consequence = isUnasked
      ? 'a request can reach a service by a route on which Envoy does not ask, although the service reads another path'
      : why;
    findings.judge(isUnasked, manager.get(name) ?? manager, `${consequence}: set ${name}: ${value}`);
  };
  if (manager.get('normalize_path')?.isTrue !== true) {
    missing('normalize_path', 'true', 'Sallyport refuses paths with dot segments, which Envoy could repair');
  }
  if (manager.get('merge_slashes')?.isTrue !== true) {
    missing('merge_slashes', 'true', 'Sallyport refuses paths with doubled slashes, which Envoy could repair');
  }
  if (KEEPS_ESCAPED.has(manager.get('path_with_escaped_slashes_action')?.value)) {
    const why = 'Sallyport refuses paths with an encoded slash, which Envoy could refuse by itself';
    missing('path_with_escaped_slashes_action', 'REJECT_REQUEST', why);
  }
  const underscores = manager.get('common_http_protocol_options', 'headers_with_underscores_action');
  if (ALLOWS_UNDERSCORES.has(underscores?.value)) {
    const why = 'many services read x_auth_subject and x-auth-subject as one header';
    findings.warn(
      underscores ?? manager.get('common_http_protocol_options') ?? manager,
      `${why}: set headers_with_underscores_action: REJECT_REQUEST in common_http_protocol_options`,
    );
  }
  warnOfAddress(findings, manager);
}

/** Without these, Envoy takes the client's address from a header that the client may write. */
function warnOfAddress(findings: CheckContext['findings'], manager: ConfigNode): void {
  const isKnown =
    manager.get('use_remote_address')?.isTrue === true ||
    (manager.get('xff_num_trusted_hops')?.number ?? 0) > 0 ||
    (manager.get('original_ip_detection_extensions')?.items() ?? []).length > 0;
  if (isKnown) return;
  const at = manager.get('use_remote_address') ?? manager;
  const why = 'clients choose the address in x-forwarded-for, by which Sallyport limits guesses';
  findings.warn(
    at,
    `${why}: set use_remote_address: true, or xff_num_trusted_hops if Envoy is behind a proxy that writes this header`,
  );
}
