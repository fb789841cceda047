import type { Requirement } from '../scope.ts';

/** The rule of a route at an MCP server. */
export interface McpRule {
  /** What a call of each tool requires, the route's own requirement included; `*` stands for every other tool. */
  readonly tools: ReadonlyMap<string, Requirement>;
}

/** The key of the tools that have no key of their own. */
export const EVERY_TOOL = '*';
