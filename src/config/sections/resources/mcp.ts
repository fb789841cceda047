import type { McpRule } from '../../../core/resource/mcp-tools.ts';
import type { Requirement } from '../../../core/scope.ts';
import { requiredScopes } from '../../../core/scope.ts';
import { quote } from '../../../lib/wording.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import type { WrittenRoute } from '../routes/route-schema.ts';
import type { Catalogue } from '../scopes.ts';
import { requirementProblem } from '../scopes.ts';

const MAX_NAME = 256;

/**
 * Reads what the messages of a route at an MCP server require; `undefined` if the route is at none. Every call requires
 * the scopes of the route too, so that one challenge can name all that a client needs.
 */
export function readMcp(
  draft: Draft,
  path: Path,
  written: WrittenRoute,
  requirement: Requirement,
  catalogue: Catalogue | undefined,
): McpRule | undefined {
  const { mcp, method, methods = method === undefined ? undefined : [method] } = written;
  if (mcp === undefined) return undefined;
  if (requirement.kind === 'anyOf') {
    draft.refuse([...path, 'anyOf'], 'cannot be combined with mcp: expected scope, allOf or authenticated');
  }
  if (methods?.includes('POST') === false) {
    draft.refuse([...path, 'mcp'], 'clients send messages with POST, which this route does not match');
  }
  const place = [...path, 'mcp', 'tools'];
  // From the file itself: zod silently drops a name such as __proto__.
  const tools = Object.keys(draft.valueAt(place) ?? {});
  if (tools.length === 0) draft.refuse(place, "must not be empty: expected a tool, or '*' for every tool");
  return { tools: new Map(tools.map((tool) => [tool, readTool(draft, [...place, tool], requirement, catalogue)])) };
}

function readTool(draft: Draft, path: Path, requirement: Requirement, catalogue: Catalogue | undefined): Requirement {
  const tool = String(path.at(-1));
  const scope = String(draft.valueAt(path));
  const problem = catalogue === undefined ? undefined : requirementProblem(scope, catalogue);
  if (problem !== undefined) draft.refuse(path, problem);
  if (tool === '' || tool.length > MAX_NAME || /\p{Cc}/u.test(tool) || !tool.isWellFormed()) {
    const expected = `expected the name of a tool, 1 to ${MAX_NAME} characters without control characters`;
    draft.refuseKey(path, `${expected}, found ${quote(tool)}`);
  }
  return { kind: 'allOf', scopes: [...new Set([...requiredScopes(requirement), scope])] };
}
