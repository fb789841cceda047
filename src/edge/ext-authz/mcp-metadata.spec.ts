import { describe, expect, it } from 'vitest';
import { metadataEncoder } from '../../../test/support/mcp/metadata.ts';
import type { McpReading } from '../../core/resource/mcp-message.ts';
import type { HeaderField } from '../mcp-message.ts';
import { createMcpMetadataReader } from './mcp-metadata.ts';
import { loadPackage } from './transports/grpc-js/definition.ts';

const JSON_TYPE: HeaderField[] = [['content-type', 'application/json']];
const NOT_READ: McpReading = { outcome: 'unread', flaw: 'mcp body not read' };
const encode = metadataEncoder();
const read = createMcpMetadataReader(loadPackage().metadata);

/** What Envoy 1.40 writes of a call. */
const CALL = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'send_message' },
  is_mcp_request: true,
  status: 'mcp_ok',
};

function readCall(change: object, fields = JSON_TYPE): McpReading | undefined {
  return read(encode({ 'envoy.filters.http.mcp': { ...CALL, ...change } }), fields);
}

describe("what Envoy's mcp filter says", () => {
  it('is believed if it read the whole body', () => {
    expect(readCall({})).toEqual({ outcome: 'read', method: 'tools/call', tool: 'send_message' });
    expect(readCall({ params: { name: 'naïve ☃' } })).toMatchObject({ tool: 'naïve ☃' });
    expect(readCall({ status: undefined })).toMatchObject({ tool: 'send_message' });
    expect(readCall({ method: 'tools/list', params: undefined })).toEqual({
      outcome: 'read',
      method: 'tools/list',
      tool: undefined,
    });
    expect(readCall({ method: '__jsonrpc_response', params: undefined })).toMatchObject({ outcome: 'read' });
  });

  it.each<[what: string, change: object]>([
    ['no MCP message', { is_mcp_request: false }],
    ['nothing of whether it is one', { is_mcp_request: undefined }],
    ['a string for it', { is_mcp_request: 'true' }],
    ['a message that breaks off, or goes on', { passthrough_reason: 'mcp_not_jsonrpc' }],
    ['a message over its limit', { is_exceeding_limit: true, passthrough_reason: 'mcp_body_too_large' }],
    ['a limit that it did not exceed', { is_exceeding_limit: false }],
    ['another status', { status: 'mcp_parse_error' }],
    ['a status that is no string', { status: 7 }],
    ['no jsonrpc, as if from headers', { jsonrpc: undefined, id: undefined }],
    ['another jsonrpc', { jsonrpc: '1.0' }],
    ['no method', { method: undefined }],
    ['a method that is no string', { method: 7 }],
    ['no params', { params: undefined }],
    ['no name', { params: {} }],
    ['a name that is no string', { params: { name: 7 } }],
    ['a name in a list', { params: ['send_message'] }],
    ['an empty name', { params: { name: '' } }],
    ['a name with a NUL', { params: { name: 'send\u0000' } }],
  ])('is not believed if it says %s', (_, change) => {
    expect(readCall(change)).toEqual(NOT_READ);
  });

  it('is nothing if it wrote nothing', () => {
    expect(read(encode({}), JSON_TYPE)).toBeUndefined();
    expect(
      read(encode({ 'envoy.lb': CALL, mcp_proxy: CALL, 'x.envoy.filters.http.mcp': CALL }), JSON_TYPE),
    ).toBeUndefined();
  });

  it.each(['application/json; charset=utf-8', 'application/json;charset="UTF-8"', 'Application/JSON'])(
    'is believed of a body of %s',
    (type) => {
      expect(readCall({}, [['content-type', type]])).toMatchObject({ outcome: 'read' });
    },
  );

  it.each<[what: string, fields: HeaderField[]]>([
    ['another character set', [['content-type', 'application/json; charset=utf-7']]],
    ['UTF-16', [['content-type', 'application/json; charset=utf-16le']]],
    ['two character sets', [['content-type', 'application/json; charset=utf-8; charset=utf-7']]],
    ['two types', [...JSON_TYPE, ['content-type', 'text/plain']]],
    ['joined types', [['content-type', 'application/json,text/plain']]],
    ['another type', [['content-type', 'text/plain']]],
    ['no type', []],
    ['a content coding', [...JSON_TYPE, ['content-encoding', 'gzip']]],
    ['two content codings', [...JSON_TYPE, ['content-encoding', 'identity'], ['content-encoding', 'br']]],
  ])('is not believed of a body with %s', (_, fields) => {
    expect(readCall({}, fields)).toEqual({ outcome: 'unread', flaw: 'mcp body encoded' });
  });

  it('throws if the bytes are no metadata, so that the request is denied', () => {
    expect(() => read(Buffer.from([0xff, 0xff, 0xff]), JSON_TYPE)).toThrow();
  });
});
