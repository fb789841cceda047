import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

/** An MCP server without authentication code, on a loopback port. */
export interface McpUpstream {
  readonly port: number;
  /** The tools that were called, in order. */
  readonly calls: string[];
  /** The header of the last request. */
  headers(): IncomingMessage['headers'];
  stop(): Promise<void>;
}

const MODERN = '2026-07-28';

interface Message {
  readonly method: string;
  readonly id?: number;
  readonly params?: { readonly name?: string };
}

/** Starts a server of the SDK; requests of revision 2026-07-28, which the SDK does not know, are answered by hand. */
export async function startMcpServer(): Promise<McpUpstream> {
  const calls: string[] = [];
  let headers: IncomingMessage['headers'] = {};
  const server = createServer((request, response) => {
    headers = request.headers;
    void answer(request, response, calls);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    const closed = once(server.close(), 'close');
    server.closeAllConnections();
    await closed;
  };
  return { port, calls, headers: () => headers, stop };
}

async function answer(request: IncomingMessage, response: ServerResponse, calls: string[]): Promise<void> {
  if (request.headers['mcp-protocol-version'] === MODERN) return answerModern(request, response, calls);
  // Without sessions: each request has a server of its own.
  const server = toolServer(calls);
  const transport = new StreamableHTTPServerTransport({});
  await server.connect(transport);
  await transport.handleRequest(request, response);
}

function toolServer(calls: string[]): McpServer {
  const server = new McpServer({ name: 'sms', version: '1.0.0' });
  for (const name of ['list_messages', 'send_message', 'delete_message']) {
    server.registerTool(name, { description: name }, async () => {
      calls.push(name);
      return { content: [{ type: 'text', text: `${name}: done` }] };
    });
  }
  return server;
}

/** Refuses headers that differ from the body, as the revision demands. */
async function answerModern(request: IncomingMessage, response: ServerResponse, calls: string[]): Promise<void> {
  const { method, id, params } = JSON.parse(await text(request)) as Message;
  const { 'mcp-method': named, 'mcp-name': tool } = request.headers;
  const isSame = named === method && (method !== 'tools/call' || decode(String(tool)) === params?.name);
  if (isSame && method === 'tools/call') calls.push(String(params?.name));
  const error = { code: -32020, message: 'Header mismatch' };
  response.writeHead(isSame ? 200 : 400, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, ...(isSame ? { result: {} } : { error }) }));
}

function decode(value: string): string {
  const [, encoded] = /^=\?base64\?(.*)\?=$/.exec(value) ?? [];
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString();
}
