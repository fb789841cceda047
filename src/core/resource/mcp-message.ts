/**
 * Why a door does not know which MCP message a request carries. It must not guess: the server may read another message
 * than the one that a client names in a header.
 */
export type McpFlaw =
  /** There is neither a header nor word of a gateway that read the body. */
  | 'mcp message not shown'
  /** The gateway hides headers from the door. */
  | 'mcp headers hidden'
  /** `MCP-Protocol-Version` names no revision whose servers must refuse headers that differ from the body. */
  | 'mcp headers not binding'
  /** A header occurs twice, or holds several values. */
  | 'mcp header repeated'
  /** A header in another spelling, such as `mcp_name`, which some servers read as the same. */
  | 'mcp header spelling'
  /** A value that is not encoded as the specification says. */
  | 'mcp header value'
  /** The gateway did not read the whole body as one JSON-RPC message. */
  | 'mcp body not read'
  /** The body is encoded, so that the server may read other characters than the gateway. */
  | 'mcp body encoded'
  /** The headers and the body name different messages. */
  | 'mcp headers and body differ';

/** What a door was reliably shown of the MCP message (JSON-RPC) in a request's body. */
export type McpReading =
  | {
      readonly outcome: 'read';
      /** The JSON-RPC method, such as `tools/call`. */
      readonly method: string;
      /** The name of the tool that `tools/call` calls; `undefined` for other methods. */
      readonly tool: string | undefined;
    }
  | { readonly outcome: 'unread'; readonly flaw: McpFlaw };

/** The method that calls a tool. */
export const TOOLS_CALL = 'tools/call';

/** How Envoy's `mcp` filter names a JSON-RPC response: the answer to a request of the server, which has no method. */
const CLIENT_RESPONSE = '__jsonrpc_response';

/**
 * The methods that clients send, of all protocol revisions from 2024-11-05 to 2026-07-28. A revision may add a method that
 * needs a rule of its own, so others are refused.
 */
export const CLIENT_METHODS: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'server/discover',
  TOOLS_CALL,
  'tools/list',
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'resources/templates/list',
  'resources/unsubscribe',
  'prompts/get',
  'prompts/list',
  'completion/complete',
  'logging/setLevel',
  'subscriptions/listen',
  'tasks/cancel',
  'tasks/get',
  'tasks/list',
  'tasks/result',
  'notifications/cancelled',
  'notifications/initialized',
  'notifications/progress',
  'notifications/roots/list_changed',
  'notifications/tasks/status',
  CLIENT_RESPONSE,
]);
