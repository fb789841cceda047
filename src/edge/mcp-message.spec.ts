import { describe, expect, it } from 'vitest';
import type { McpFlaw, McpReading } from '../core/resource/mcp-message.ts';
import type { HeaderField } from './mcp-message.ts';
import { concernsMcp, readMcpMessage } from './mcp-message.ts';

const ALL = { complete: true };
const VERSION: HeaderField = ['mcp-protocol-version', '2026-07-28'];
const CALL: HeaderField = ['mcp-method', 'tools/call'];

function call(tool: string): McpReading {
  return { outcome: 'read', method: 'tools/call', tool };
}

function message(method: string): McpReading {
  return { outcome: 'read', method, tool: undefined };
}

function flaw(what: McpFlaw): McpReading {
  return { outcome: 'unread', flaw: what };
}

function named(value: string): McpReading | undefined {
  return readMcpMessage([VERSION, CALL, ['mcp-name', value]], ALL);
}

describe('readMcpMessage()', () => {
  it('reads the headers of a revision that obliges servers to compare them with the body', () => {
    expect(named('send_message')).toEqual(call('send_message'));
    expect(readMcpMessage([['mcp-method', 'tools/list'], VERSION], ALL)).toEqual(message('tools/list'));
  });

  it('ignores the name for methods other than tools/call', () => {
    const fields: HeaderField[] = [VERSION, ['mcp-method', 'resources/read'], ['mcp-name', 'file:///a,b']];
    expect(readMcpMessage(fields, ALL)).toEqual(message('resources/read'));
  });

  it('says nothing where nothing was shown', () => {
    expect(readMcpMessage([], ALL)).toBeUndefined();
    expect(readMcpMessage([VERSION], ALL)).toBeUndefined();
    expect(readMcpMessage([['mcp-protocol-version', '2025-11-25']], ALL)).toBeUndefined();
  });

  it.each([
    '2025-11-25',
    '2025-06-18',
    '2025-03-26',
    '2026-07-29',
    '2026-7-28',
    '9999-12-31',
    'DRAFT-2026-v1',
    '',
    '2026-07-28,2026-07-28',
    '2026-07-28, 2025-11-25',
    ' 2026-07-28',
  ])('does not believe headers under the version %j', (version) => {
    const fields: HeaderField[] = [CALL, ['mcp-name', 'safe'], ['mcp-protocol-version', version]];
    expect(readMcpMessage(fields, ALL)).toEqual(flaw('mcp headers not binding'));
    expect(readMcpMessage(fields, ALL, call('safe'))).toEqual(flaw('mcp headers not binding'));
  });

  it('does not believe headers without a version, whatever the gateway read', () => {
    const fields: HeaderField[] = [CALL, ['mcp-name', 'safe']];
    expect(readMcpMessage(fields, ALL)).toEqual(flaw('mcp headers not binding'));
    expect(readMcpMessage(fields, ALL, call('safe'))).toEqual(flaw('mcp headers not binding'));
  });

  it.each<[what: string, fields: HeaderField[], expected: McpFlaw]>([
    ['two methods', [VERSION, CALL, ['mcp-name', 'a'], ['mcp-method', 'tools/list']], 'mcp header repeated'],
    ['the same method twice', [VERSION, CALL, CALL, ['mcp-name', 'a']], 'mcp header repeated'],
    ['two names', [VERSION, CALL, ['mcp-name', 'a'], ['mcp-name', 'b']], 'mcp header repeated'],
    ['two versions', [VERSION, VERSION, CALL, ['mcp-name', 'a']], 'mcp header repeated'],
    ['joined methods', [VERSION, ['mcp-method', 'tools/list,tools/call']], 'mcp header repeated'],
    ['joined names', [VERSION, CALL, ['mcp-name', 'safe, danger']], 'mcp header repeated'],
    ['a name with an underscore', [VERSION, CALL, ['mcp-name', 'a'], ['mcp_name', 'b']], 'mcp header spelling'],
    ['a method with a dot', [VERSION, CALL, ['mcp-name', 'a'], ['mcp.method', 'b']], 'mcp header spelling'],
    ['a version half spelt', [['mcp_protocol-version', '2026-07-28'], CALL], 'mcp header spelling'],
    ['no method', [VERSION, ['mcp-name', 'a']], 'mcp header value'],
    ['an empty method', [VERSION, ['mcp-method', '']], 'mcp header value'],
    ['a method with a space', [VERSION, ['mcp-method', 'tools/call ']], 'mcp header value'],
    ['a method that only a gateway may name', [VERSION, ['mcp-method', '__jsonrpc_response']], 'mcp header value'],
    ['an encoded method', [VERSION, ['mcp-method', '=?base64?dG9vbHMvY2FsbA==?=']], 'mcp header value'],
    ['a call without a name', [VERSION, CALL], 'mcp header value'],
  ])('refuses %s', (_, fields, expected) => {
    expect(readMcpMessage(fields, ALL)).toEqual(flaw(expected));
    expect(readMcpMessage(fields, ALL, call('a'))).toEqual(flaw(expected));
  });

  it.each([
    ['send_message', 'send_message'],
    ['a b', 'a b'],
    ['=', '='],
    ['=?base64?c2VuZA==?=', 'send'],
    ['=?base64?bmHDr3Zl?=', 'naïve'],
    ['=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=', '=?base64?literal?='],
    ['=?base64?YSxi?=', 'a,b'],
    ['base64?c2VuZA==?=', 'base64?c2VuZA==?='],
  ])('reads the name %j as %j', (value, tool) => {
    expect(named(value)).toEqual(call(tool));
  });

  it.each([
    ['empty', ''],
    ['a space before', ' send'],
    ['a space after', 'send '],
    ['a control character', 'se\u0001nd'],
    ['bytes outside ASCII', 'na\u00c3\u00afve'],
    ['another letter case of the marker', '=?BASE64?c2VuZA==?='],
    ['another encoding', '=?UTF-8?B?c2VuZA==?='],
    ['no end', '=?base64?c2VuZA=='],
    ['a byte order mark, which many servers drop', '=?base64?77u/c2VuZA==?='],
    ['something after the end', '=?base64?c2VuZA==?= '],
    ['no padding', '=?base64?c2VuZA?='],
    ['too much padding', '=?base64?c2VuZA===?='],
    ["base64url's alphabet", '=?base64?-_-_?='],
    ['unused bits that are not zero', '=?base64?c2VuZB==?='],
    ['white space inside', '=?base64?c2Vu ZA==?='],
    ['nothing encoded', '=?base64??='],
    ['bytes that are not UTF-8', '=?base64?/w==?='],
    ['an overlong encoding', '=?base64?wK8=?='],
    ['an encoded surrogate', '=?base64?7aCA?='],
    ['an encoded NUL', '=?base64?c2VuZAA=?='],
    ['more than 1024 characters', 'a'.repeat(1025)],
  ])('refuses a name with %s', (_, value) => {
    expect(named(value)).toEqual(flaw('mcp header value'));
  });

  describe('with what a gateway read in the body', () => {
    it('believes it where there are no headers', () => {
      expect(readMcpMessage([], ALL, call('send'))).toEqual(call('send'));
      expect(readMcpMessage([['mcp-protocol-version', '2025-11-25']], ALL, message('initialize'))).toEqual(
        message('initialize'),
      );
    });

    it('requires that headers say the same', () => {
      const fields: HeaderField[] = [VERSION, CALL, ['mcp-name', 'send']];
      expect(readMcpMessage(fields, ALL, call('send'))).toEqual(call('send'));
      for (const body of [call('delete'), message('tools/list')]) {
        expect(readMcpMessage(fields, ALL, body)).toEqual(flaw('mcp headers and body differ'));
      }
    });

    it('does not fall back to headers where the body was not read', () => {
      const fields: HeaderField[] = [VERSION, CALL, ['mcp-name', 'send']];
      expect(readMcpMessage(fields, ALL, flaw('mcp body not read'))).toEqual(flaw('mcp body not read'));
      expect(readMcpMessage([], ALL, flaw('mcp body not read'))).toEqual(flaw('mcp body not read'));
    });
  });

  it('reads nothing where headers are hidden from the door', () => {
    const hidden = { complete: false };
    for (const body of [undefined, call('send')]) {
      expect(readMcpMessage([VERSION, CALL, ['mcp-name', 'send']], hidden, body)).toEqual(flaw('mcp headers hidden'));
    }
    expect(readMcpMessage([], hidden, call('send'))).toEqual(flaw('mcp headers hidden'));
    expect(readMcpMessage([], hidden)).toBeUndefined();
  });
});

describe('concernsMcp()', () => {
  it.each(['mcp-method', 'mcp-name', 'mcp-protocol-version', 'mcp_name', 'mcp.protocol_version'])('%s: yes', (name) => {
    expect(concernsMcp(name)).toBe(true);
  });

  it.each(['mcp-session-id', 'mcp-param-region', 'mcp', 'x-mcp-name', 'method', ''])('%j: no', (name) => {
    expect(concernsMcp(name)).toBe(false);
  });
});
