import type { AccessRequest } from '../request.ts';
import type { Route } from '../route.ts';
import type { Requirement } from '../scope.ts';
import type { McpFlaw } from './mcp-message.ts';
import { CLIENT_METHODS, TOOLS_CALL } from './mcp-message.ts';
import type { McpRule } from './mcp-tools.ts';
import { EVERY_TOOL } from './mcp-tools.ts';

/** Why a request to an MCP server is denied, whatever the caller's scopes. */
type McpCheck = McpFlaw | 'mcp http method' | 'mcp method unknown' | 'mcp tool not listed';

/**
 * What the request requires of its caller. A call of a tool requires what the rule says of the tool; every other message
 * requires what the route requires, and so do GET (the stream of the server's messages) and DELETE (the end of a session),
 * which carry no message.
 */
export function requirementOf(route: Route, request: AccessRequest): Requirement | McpCheck {
  return route.mcp === undefined ? route.requirement : requirementOfMessage(route.mcp, route.requirement, request);
}

function requirementOfMessage(
  { tools }: McpRule,
  other: Requirement,
  { method, mcp }: AccessRequest,
): Requirement | McpCheck {
  if (method === 'GET' || method === 'HEAD' || method === 'DELETE') return other;
  if (method !== 'POST') return 'mcp http method';
  if (mcp === undefined) return 'mcp message not shown';
  if (mcp.outcome === 'unread') return mcp.flaw;
  if (mcp.method !== TOOLS_CALL) return CLIENT_METHODS.has(mcp.method) ? other : 'mcp method unknown';
  const { tool = '' } = mcp;
  return (tool === '' ? undefined : (tools.get(tool) ?? tools.get(EVERY_TOOL))) ?? 'mcp tool not listed';
}
