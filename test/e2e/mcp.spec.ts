import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectMcp } from '../support/mcp/client.ts';
import { AGENT, READER } from '../support/mcp/login.ts';
import { type McpPlatform, startMcpPlatform } from '../support/mcp/platform.ts';
import { type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';

const REALM = 'Bearer realm="sallyport"';

let platform: McpPlatform;

beforeAll(async () => {
  platform = await startMcpPlatform();
});

afterAll(() => platform.close());

beforeEach(() => {
  platform.upstream.calls.length = 0;
});

const JSON_RPC: readonly (readonly [string, string])[] = [
  ['content-type', 'application/json'],
  ['accept', 'application/json, text/event-stream'],
];
type Fields = typeof JSON_RPC;

function message(method: string, params?: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
}

function callOf(name: string): string {
  return message('tools/call', { name, arguments: {} });
}

async function post(
  scope: string | undefined,
  body: string,
  more: Fields = [],
  { aud = platform.resource, at = platform.port } = {},
): Promise<HttpResponse> {
  const token = scope === undefined ? undefined : await platform.login.issue(scope, aud);
  const authorization = token === undefined ? [] : [['authorization', `Bearer ${token}`] as const];
  return sendRequest({
    port: at,
    method: 'POST',
    path: '/mcp',
    headers: [...JSON_RPC, ...authorization, ...more],
    body,
  });
}

function codeOf({ status, body }: HttpResponse): string {
  return body.includes('urn:sallyport:problem') ? `${status} ${JSON.parse(body).code}` : String(status);
}

describe('a client of the MCP SDK', () => {
  it('finds the authorization server from the challenge, and gets a token for the resource', async () => {
    const before = platform.login.requests.length;
    const client = await connectMcp(platform, AGENT);
    expect(client.getServerVersion()).toMatchObject({ name: 'sms' });
    expect(platform.login.requests.slice(before)).toContain('/token');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['list_messages', 'send_message', 'delete_message']);
    expect(platform.upstream.headers()).toMatchObject({ 'x-auth-issuer': 'login', 'x-auth-scopes': 'mcp:use' });
    expect(platform.upstream.headers()).not.toHaveProperty('authorization');
    await client.close();
  });

  it('steps up to the scope of a tool', async () => {
    const client = await connectMcp(platform, AGENT);
    expect(await client.callTool({ name: 'list_messages' })).toMatchObject({
      content: [{ text: 'list_messages: done' }],
    });
    expect(platform.upstream.headers()).toMatchObject({ 'x-auth-scopes': 'mcp:use messages:list' });
    await client.callTool({ name: 'send_message' });
    expect(platform.upstream.headers()).toMatchObject({ 'x-auth-scopes': 'mcp:use messages:send' });
    expect(platform.upstream.calls).toEqual(['list_messages', 'send_message']);
    await client.close();
  });

  it('cannot step up to a scope that the authorization server does not give it', async () => {
    const client = await connectMcp(platform, READER);
    await client.callTool({ name: 'list_messages' });
    await expect(client.callTool({ name: 'send_message' })).rejects.toThrow();
    expect(platform.upstream.calls).toEqual(['list_messages']);
    await client.close();
  });

  it('cannot call a tool that has no rule', async () => {
    const client = await connectMcp(platform, AGENT);
    await expect(client.callTool({ name: 'delete_message' })).rejects.toThrow();
    expect(platform.upstream.calls).toEqual([]);
    await client.close();
  });
});

describe('the challenges', () => {
  it('name the metadata and the scopes of the message', async () => {
    const parameters = (scope: string): string => `scope="${scope}", resource_metadata="${platform.metadata}"`;
    const anonymous = await post(undefined, message('initialize'));
    expect([codeOf(anonymous), anonymous.challenges]).toEqual([
      '401 credentials_required',
      [`${REALM}, ${parameters('mcp:use')}`],
    ]);
    const call = await post('mcp:use', callOf('send_message'));
    expect([codeOf(call), call.challenges]).toEqual([
      '403 scope_required',
      [`${REALM}, error="insufficient_scope", ${parameters('mcp:use messages:send')}`],
    ]);
    const elsewhere = await post('mcp:use', message('tools/list'), [], {
      aud: `http://127.0.0.1:${platform.port}/other`,
    });
    expect([codeOf(elsewhere), elsewhere.challenges]).toEqual([
      '401 token_invalid',
      [`${REALM}, error="invalid_token", ${parameters('mcp:use')}`],
    ]);
  });

  it('lead to the metadata, which needs no token', async () => {
    const answer = await fetch(platform.metadata);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.json()).toEqual({
      resource: platform.resource,
      authorization_servers: [platform.login.origin],
      scopes_supported: ['mcp:use'],
      bearer_methods_supported: ['header'],
      resource_name: 'SMS tools',
    });
  });
});

describe('the message that Envoy reads in the body', () => {
  const ALL = 'mcp:use messages:list messages:send';

  it.each(['tools/list', 'ping', 'initialize', 'resources/read', 'prompts/get'])(
    'passes with mcp:use: %s',
    async (method) => {
      const params = {
        name: 'x',
        uri: 'x:y',
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'x', version: '1' },
      };
      expect((await post('mcp:use', message(method, params))).status).toBe(200);
      expect(codeOf(await post('messages:send', message(method, params)))).toBe('403 scope_required');
    },
  );

  it('passes for a notification, and for the answer to a request of the server', async () => {
    const notification = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
    expect((await post('mcp:use', notification)).status).toBe(202);
    expect((await post('mcp:use', '{"jsonrpc":"2.0","id":1,"result":{}}')).status).toBe(202);
  });

  it.each<[what: string, body: string, more: Fields]>([
    ['no rule for the tool', callOf('delete_message'), []],
    ['an unknown method', message('tools/steal'), []],
    ['a batch', `[${callOf('list_messages')},${callOf('send_message')}]`, []],
    [
      'a key twice',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_messages"},"params":{"name":"delete_message"}}',
      [],
    ],
    ['no JSON', 'tools/call', []],
    ['two messages', callOf('list_messages') + callOf('delete_message'), []],
    ['no body', '', []],
    ['a call without a name', message('tools/call', {}), []],
    [
      'headers of an old revision',
      callOf('send_message'),
      [
        ['mcp-method', 'tools/call'],
        ['mcp-name', 'list_messages'],
        ['mcp-protocol-version', '2025-11-25'],
      ],
    ],
    [
      'headers without a revision',
      callOf('send_message'),
      [
        ['mcp-method', 'tools/call'],
        ['mcp-name', 'send_message'],
      ],
    ],
    [
      'a name that differs from the header',
      callOf('delete_message'),
      [
        ['mcp-method', 'tools/call'],
        ['mcp-name', 'list_messages'],
        ['mcp-protocol-version', '2026-07-28'],
      ],
    ],
    ['a content coding', callOf('list_messages'), [['content-encoding', 'gzip']]],
    [
      'metadata in a header',
      callOf('delete_message'),
      [
        ['envoy.filters.http.mcp', '{"method":"tools/list"}'],
        ['x-envoy-mcp', 'tools/list'],
      ],
    ],
  ])('never reaches the server with %s', async (_, body, more) => {
    const answer = await post(ALL, body, more);
    expect([400, 403]).toContain(answer.status);
    expect(platform.upstream.calls).toEqual([]);
  });

  it('is not needed for the streams and sessions of the transport', async () => {
    const authorization = [
      'authorization',
      `Bearer ${await platform.login.issue('mcp:use', platform.resource)}`,
    ] as const;
    const other = [
      'authorization',
      `Bearer ${await platform.login.issue('messages:send', platform.resource)}`,
    ] as const;
    for (const [method, more] of [
      ['GET', ['accept', 'text/event-stream']],
      ['DELETE', ['mcp-session-id', 'x']],
    ] as const) {
      const ask = async (credential: readonly [string, string]): Promise<number> => {
        const response = await fetch(platform.resource, {
          method,
          headers: [credential, more].map(([...field]) => field),
        });
        await response.body?.cancel();
        return response.status;
      };
      expect(await ask(authorization)).toBe(200);
      expect(await ask(other)).toBe(403);
    }
    const headers = [authorization, ...JSON_RPC];
    const put = await sendRequest({
      port: platform.port,
      method: 'PUT',
      path: '/mcp',
      headers,
      body: callOf('send_message'),
    });
    expect(put.status).toBeGreaterThanOrEqual(400);
    expect(platform.upstream.calls).toEqual([]);
  });
});

describe('the headers of revision 2026-07-28', () => {
  const META = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const modern = (name: string): string => message('tools/call', { name, arguments: {}, _meta: META });
  const fields = (name: string): Fields => [
    ['mcp-protocol-version', '2026-07-28'],
    ['mcp-method', 'tools/call'],
    ['mcp-name', name],
  ];

  it('pass if the body says the same, with the scope of the tool', async () => {
    expect((await post('mcp:use messages:send', modern('send_message'), fields('send_message'))).status).toBe(200);
    const encoded = `=?base64?${Buffer.from('send_message').toString('base64')}?=`;
    expect((await post('mcp:use messages:send', modern('send_message'), fields(encoded))).status).toBe(200);
    expect(platform.upstream.calls).toEqual(['send_message', 'send_message']);
    expect(codeOf(await post('mcp:use', modern('send_message'), fields('send_message')))).toBe('403 scope_required');
  });

  it('never pass with another name in the body, or twice', async () => {
    for (const more of [fields('list_messages'), [...fields('list_messages'), ['mcp-name', 'send_message'] as const]]) {
      expect((await post('mcp:use messages:list', modern('send_message'), more)).status).toBe(400);
    }
    expect(platform.upstream.calls).toEqual([]);
  });
});

describe('without the filter', () => {
  const plain = (body: string, more: Fields = []) =>
    post('mcp:use messages:list', body, more, { at: platform.plainPort });
  const modern: Fields = [
    ['mcp-protocol-version', '2026-07-28'],
    ['mcp-method', 'tools/call'],
  ];

  it('Sallyport believes the headers of revision 2026-07-28, whose servers compare them with the body', async () => {
    expect((await plain(callOf('list_messages'), [...modern, ['mcp-name', 'list_messages']])).status).toBe(200);
    expect(platform.upstream.calls).toEqual(['list_messages']);
    expect(codeOf(await plain(callOf('send_message'), [...modern, ['mcp-name', 'send_message']]))).toBe(
      '403 scope_required',
    );
    // This server refuses it.
    expect(codeOf(await plain(callOf('send_message'), [...modern, ['mcp-name', 'list_messages']]))).toBe('400');
    expect(platform.upstream.calls).toEqual(['list_messages']);
  });

  it.each<[what: string, more: Fields]>([
    ['no headers', []],
    ['a name twice', [...modern, ['mcp-name', 'list_messages'], ['mcp-name', 'send_message']]],
    ['joined names', [...modern, ['mcp-name', 'list_messages,send_message']]],
    ['no name', modern],
    ['an encoding that is no Base64', [...modern, ['mcp-name', '=?base64?list?=']]],
    [
      'an old revision',
      [
        ['mcp-protocol-version', '2025-11-25'],
        ['mcp-method', 'tools/call'],
        ['mcp-name', 'list_messages'],
      ],
    ],
  ])('it denies a message with %s', async (_, more) => {
    expect(codeOf(await plain(callOf('list_messages'), more))).toBe('403 route_denied');
    expect(platform.upstream.calls).toEqual([]);
  });
});

it('sallyport explain says what a message needs', async () => {
  const config = join(platform.sallyport.folder, 'sallyport.yaml');
  const args = ['explain', '--token-file', '-', '--config', config, 'POST', '/mcp'];
  const input = await platform.login.issue('mcp:use', platform.resource);
  const explain = async (...more: string[]) => (await runSallyport([...args, ...more], { input })).output;
  expect(await explain('--mcp-tool', 'send_message')).toMatch(
    /^FAIL +scope +needs mcp:use and messages:send, has mcp:use/m,
  );
  expect(await explain('--mcp-tool', 'delete_message')).toMatch(/^FAIL +scope +failed check: mcp tool not listed/m);
  expect(await explain('--mcp-method', 'tools/list')).toMatch(/^allowed$/m);
  expect(await explain()).toMatch(/^FAIL +scope +failed check: mcp message not shown/m);
});
