import type { CheckContext, CheckedManager } from '../context.ts';
import { runningFilter } from '../routes/running-filter.ts';

const MCP = 'envoy.filters.http.mcp';

/** Checks that Sallyport learns which tool an MCP message calls, if routes depend on it: it denies the others. */
export function checkMcp(
  { config, findings }: CheckContext,
  { asking, askedAt, filters, routes }: CheckedManager,
): void {
  if (config.routes.every(({ mcp }) => mcp === undefined) || asking.config.get('grpc_service') === undefined) return;
  const why = 'Sallyport denies each call of an MCP tool, because it does not learn which';
  const isRead = filters.slice(0, askedAt).some((filter) => runningFilter(filter, routes)?.kinds.has('mcp') === true);
  if (!isRead) findings.warn(asking.node, `${why}: put ${MCP} in front of ext_authz, as in deploy/mcp/envoy.yaml`);
  const namespaces = asking.config.get('metadata_context_namespaces');
  if (namespaces?.items().some(({ text }) => text === MCP) !== true) {
    findings.warn(namespaces ?? asking.config, `${why}: add ${MCP} to metadata_context_namespaces`);
  }
}
