import { describe, expect, it } from 'vitest';
import { decodeQuestion } from './decode.ts';
import type { HttpRequest } from './messages.ts';

function readingOf(request: HttpRequest): unknown {
  const decoded = decodeQuestion({ question: 'request', request }, () => undefined);
  return 'request' in decoded ? decoded.request.mcp : decoded.problem;
}

describe('the MCP message of a question', () => {
  const post = { method: 'POST', host: 'sms.example.com', path: '/mcp' };

  it('is what the service read', () => {
    expect(readingOf({ ...post, mcp: { method: 'tools/call', tool: 'send_message' } })).toEqual({
      outcome: 'read',
      method: 'tools/call',
      tool: 'send_message',
    });
    expect(readingOf({ ...post, mcp: { method: 'tools/list', tool: 'ignored' } })).toEqual({
      outcome: 'read',
      method: 'tools/list',
      tool: undefined,
    });
  });

  it('is absent where the service says nothing of it', () => {
    expect(readingOf(post)).toBeUndefined();
    expect(readingOf({ ...post, mcp: null })).toBeUndefined();
  });

  it('is not read without the name of the tool', () => {
    const unread = { outcome: 'unread', flaw: 'mcp body not read' };
    expect(readingOf({ ...post, mcp: { method: 'tools/call' } })).toEqual(unread);
    expect(readingOf({ ...post, mcp: { method: 'tools/call', tool: 'a\u0000b' } })).toEqual(unread);
    expect(readingOf({ ...post, mcp: {} })).toEqual({ outcome: 'read', method: '', tool: undefined });
  });
});
