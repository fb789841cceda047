import { describe, expect, it } from 'vitest';
import { makeRequest, makeRoute } from '../../../test/support/core.ts';
import type { McpReading } from '../../core/resource/mcp-message.ts';
import { describeMcp } from './mcp-text.ts';

const route = makeRoute({ mcp: { tools: new Map([['send_message', { kind: 'authenticated' }]]) } });

function textOf(mcp: McpReading | undefined, on = route): object {
  return describeMcp(makeRequest({ mcp }), on);
}

describe('describeMcp()', () => {
  it('names the method and a tool of the configuration', () => {
    expect(textOf({ outcome: 'read', method: 'tools/call', tool: 'send_message' })).toEqual({
      mcpMethod: 'tools/call',
      mcpTool: 'send_message',
    });
    expect(textOf({ outcome: 'read', method: 'ping', tool: undefined })).toEqual({ mcpMethod: 'ping' });
  });

  it('hides what a client made up', () => {
    expect(textOf({ outcome: 'read', method: 'tools/call', tool: 'eyJhbGciOi' })).toEqual({
      mcpMethod: 'tools/call',
      mcpTool: '…',
    });
    expect(textOf({ outcome: 'read', method: 'eyJhbGciOi', tool: undefined })).toEqual({ mcpMethod: '…' });
  });

  it('says nothing of a message that was not read, and on other routes', () => {
    expect(textOf(undefined)).toEqual({});
    expect(textOf({ outcome: 'unread', flaw: 'mcp headers hidden' })).toEqual({});
    expect(textOf({ outcome: 'read', method: 'ping', tool: undefined }, makeRoute())).toEqual({});
  });
});
