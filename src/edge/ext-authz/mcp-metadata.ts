import type { McpReading } from '../../core/resource/mcp-message.ts';
import { TOOLS_CALL } from '../../core/resource/mcp-message.ts';
import type { HeaderField } from '../mcp-message.ts';
import { isToolName, unread } from '../mcp-message.ts';
import type { Metadata, ReadValue } from './messages.ts';

/** The namespace of Envoy's filter `envoy.filters.http.mcp`, which `metadata_context_namespaces` of ext_authz shows us. */
const NAMESPACE = 'envoy.filters.http.mcp';
const OK = 'mcp_ok';
const JSON_RPC = '2.0';

/** `application/json`, in UTF-8 whoever reads it: a server may decode a body as the charset says, the filter does not. */
const PLAIN_JSON = /^application\/json(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?$/i;

/** Whether {@link McpMetadataReader} must see a header field. @param name in lower case. */
export function describesBody(name: string): boolean {
  return name === 'content-type' || name === 'content-encoding';
}

/** Returns what Envoy's `mcp` filter read in the body; `undefined` if it wrote nothing. @param metadata encoded. */
export type McpMetadataReader = (metadata: Uint8Array, fields: readonly HeaderField[]) => McpReading | undefined;

/** Creates the reader. @param saw called with the metadata, which may say more than that. */
export function createMcpMetadataReader(
  { deserialize }: { readonly deserialize: (bytes: Buffer) => Metadata },
  saw: (metadata: Metadata) => void = () => {},
): McpMetadataReader {
  return (encoded, fields) => {
    const metadata = deserialize(Buffer.from(encoded));
    saw(metadata);
    const reading = readMetadata(metadata);
    return reading?.outcome === 'read' && !isPlainBody(fields) ? unread('mcp body encoded') : reading;
  };
}

/**
 * Believes the filter only if it read the whole body as one JSON-RPC message. It says `is_mcp_request` and `mcp_ok` also
 * of a message that breaks off; `passthrough_reason` and `is_exceeding_limit` then tell. `jsonrpc` comes from the body
 * alone, while `method` and `params` may come from headers (`attribute_source: HEADERS`).
 */
function readMetadata({ filter_metadata: namespaces }: Metadata): McpReading | undefined {
  const fields = namespaces?.[NAMESPACE]?.fields;
  if (fields === undefined) return undefined;
  const method = textOf(fields['method']);
  const isWhole =
    fields['is_mcp_request']?.boolValue === true &&
    (fields['status'] === undefined || textOf(fields['status']) === OK) &&
    fields['passthrough_reason'] === undefined &&
    fields['is_exceeding_limit'] === undefined &&
    textOf(fields['jsonrpc']) === JSON_RPC;
  if (!isWhole || method === undefined) return unread('mcp body not read');
  if (method !== TOOLS_CALL) return { outcome: 'read', method, tool: undefined };
  const tool = textOf(fields['params']?.structValue?.fields?.['name']);
  return tool === undefined || !isToolName(tool) ? unread('mcp body not read') : { outcome: 'read', method, tool };
}

function isPlainBody(fields: readonly HeaderField[]): boolean {
  const types = fields.filter(([name]) => name === 'content-type');
  const codings = fields.filter(([name, value]) => name === 'content-encoding' && value.toLowerCase() !== 'identity');
  return types.length === 1 && PLAIN_JSON.test(types[0]?.[1] ?? '') && codings.length === 0;
}

function textOf(value: ReadValue | undefined): string | undefined {
  return typeof value?.stringValue === 'string' ? value.stringValue : undefined;
}
