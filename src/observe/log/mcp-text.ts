import type { AccessRequest } from '../../core/request.ts';
import { CLIENT_METHODS } from '../../core/resource/mcp-message.ts';
import type { Route } from '../../core/route.ts';
import { HIDDEN } from './request-text.ts';

/**
 * The MCP message of a request on a route with `mcp`; empty on others. A method or a tool is named only if the
 * specification or the route names it, since a client may write a secret in its place.
 */
export function describeMcp({ mcp }: AccessRequest, route: Route | undefined): object {
  if (route?.mcp === undefined || mcp?.outcome !== 'read') return {};
  const { method, tool } = mcp;
  return {
    mcpMethod: CLIENT_METHODS.has(method) ? method : HIDDEN,
    ...(tool === undefined ? {} : { mcpTool: route.mcp.tools.has(tool) ? tool : HIDDEN }),
  };
}
