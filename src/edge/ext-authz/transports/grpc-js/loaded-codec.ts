import type { ClientAddresses } from '../../../client-address.ts';
import type { CheckCodec } from '../../check-service.ts';
import { createCertificateReader, createClientReader } from '../../client.ts';
import { decodeCheck } from '../../decode.ts';
import { createMcpMetadataReader } from '../../mcp-metadata.ts';
import type { CheckRequest, CheckResponse, Metadata } from '../../messages.ts';
import type { ExtAuthzPackage } from './definition.ts';

/** Reads messages that the proto loader has parsed, and writes with it. */
export function createLoadedCodec(
  { service: { Check }, peer, metadata }: ExtAuthzPackage,
  addresses: ClientAddresses,
  sawMetadata: (metadata: Metadata) => void,
): CheckCodec<CheckRequest> {
  const readers = {
    readClient: createClientReader(peer, addresses),
    readMetadata: createMcpMetadataReader(metadata, sawMetadata),
    readCertificate: createCertificateReader(peer),
  };
  return {
    decode: (check, terms, callTraceparent) => decodeCheck(check, terms, readers, callTraceparent),
    serialize: (response: CheckResponse): Buffer => Check.responseSerialize(response),
  };
}
