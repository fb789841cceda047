import { describe, expect, it } from 'vitest';
import { makeRequest, makeRoute } from '../../../test/support/core.ts';
import type { Requirement } from '../scope.ts';
import type { McpReading } from './mcp-message.ts';
import { CLIENT_METHODS } from './mcp-message.ts';
import { requirementOf } from './mcp-rule.ts';

const USE: Requirement = { kind: 'allOf', scopes: ['mcp:use'] };
const SEND: Requirement = { kind: 'allOf', scopes: ['mcp:use', 'messages:send'] };
const OTHER: Requirement = { kind: 'allOf', scopes: ['mcp:use', 'messages:list'] };

function required(mcp: McpReading | undefined, { method = 'POST', every = true } = {}): Requirement | string {
  const tools = new Map([['send_message', SEND], ...(every ? [['*', OTHER] as const] : [])]);
  return requirementOf(makeRoute({ requirement: USE, mcp: { tools } }), makeRequest({ method, mcp }));
}

function call(tool: string | undefined): McpReading {
  return { outcome: 'read', method: 'tools/call', tool };
}

describe('requirementOf()', () => {
  it('is what the route requires where it is at no MCP server', () => {
    expect(requirementOf(makeRoute({ requirement: USE }), makeRequest({ mcp: call('send_message') }))).toBe(USE);
  });

  it('requires the scope of the tool by its exact name', () => {
    expect(required(call('send_message'))).toBe(SEND);
    for (const tool of ['Send_message', 'send_message ', 'send_messages', 'send', '__proto__', 'constructor']) {
      expect(required(call(tool))).toBe(OTHER);
      expect(required(call(tool), { every: false })).toBe('mcp tool not listed');
    }
    expect(required(call('*'))).toBe(OTHER);
    for (const tool of ['', undefined]) expect(required(call(tool))).toBe('mcp tool not listed');
  });

  it.each([...CLIENT_METHODS].filter((method) => method !== 'tools/call'))(
    'requires the scopes of the route for %s',
    (method) => {
      expect(required({ outcome: 'read', method, tool: undefined })).toBe(USE);
      expect(required({ outcome: 'read', method, tool: 'send_message' })).toBe(USE);
    },
  );

  it.each(['tools/Call', 'tools/call/', 'TOOLS/CALL', 'sampling/createMessage', 'x', 'notifications/x', ''])(
    'refuses the method %j',
    (method) => {
      expect(required({ outcome: 'read', method, tool: 'send_message' })).toBe('mcp method unknown');
    },
  );

  it('refuses a message that was not shown, or not reliably', () => {
    expect(required(undefined)).toBe('mcp message not shown');
    expect(required({ outcome: 'unread', flaw: 'mcp headers not binding' })).toBe('mcp headers not binding');
  });

  it.each(['GET', 'HEAD', 'DELETE'])('requires the scopes of the route for %s, which carries no message', (method) => {
    expect(required(undefined, { method })).toBe(USE);
    expect(required({ outcome: 'unread', flaw: 'mcp headers hidden' }, { method })).toBe(USE);
  });

  it.each(['PUT', 'PATCH', 'OPTIONS', 'QUERY', 'M-SEARCH'])('refuses %s', (method) => {
    expect(required(call('send_message'), { method })).toBe('mcp http method');
  });
});
