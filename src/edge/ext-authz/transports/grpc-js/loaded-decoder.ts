import type { ClientAddresses } from '../../../client-address.ts';
import type { CheckDecoder } from '../../check-service.ts';
import { createCertificateReader, createClientReader } from '../../client.ts';
import { decodeCheck } from '../../decode.ts';
import { createMcpMetadataReader } from '../../mcp-metadata.ts';
import type { CheckRequest, Metadata } from '../../messages.ts';
import type { ExtAuthzPackage } from './definition.ts';

/** Reads messages that the proto loader has parsed. */
export function createLoadedDecoder(
  { peer, metadata }: Pick<ExtAuthzPackage, 'peer' | 'metadata'>,
  addresses: ClientAddresses,
  sawMetadata: (metadata: Metadata) => void,
): CheckDecoder<CheckRequest> {
  const readers = {
    readClient: createClientReader(peer, addresses),
    readMetadata: createMcpMetadataReader(metadata, sawMetadata),
    readCertificate: createCertificateReader(peer),
  };
  return (check, terms, callTraceparent) => decodeCheck(check, terms, readers, callTraceparent);
}
