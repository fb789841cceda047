import * as z from 'zod';
import { expected, text } from '../../reading/shape.ts';

const TOOLS = "a map of tool names to scopes, such as { send_message: 'messages:send' }";

/** The schema of what the messages to an MCP server require. */
export const mcpSchema = z.strictObject({
  tools: z
    .record(z.string(), text('a scope'), { error: expected(TOOLS) })
    .describe(
      "The scope that a call of each tool requires; '*' stands for every other tool, which is denied without it",
    ),
});
