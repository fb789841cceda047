import type { ClientAddresses } from '../../client-address.ts';
import type { CheckDecoder } from '../check-service.ts';
import { createCertificateReader, createClientReader } from '../client.ts';
import { createMcpMetadataReader } from '../mcp-metadata.ts';
import type { Metadata } from '../messages.ts';
import { CheckReader } from './check-reader.ts';
import { readMetadata } from './metadata-reader.ts';
import { readPeer } from './peer-reader.ts';

/** Reads encoded messages where they lie. */
export function createWireDecoder(
  addresses: ClientAddresses,
  sawMetadata: (metadata: Metadata) => void,
): CheckDecoder<Buffer> {
  const peer = { deserialize: readPeer };
  const reader = new CheckReader({
    readClient: createClientReader(peer, addresses),
    readCertificate: createCertificateReader(peer),
    readMetadata: createMcpMetadataReader({ deserialize: readMetadata }, sawMetadata),
  });
  return (message, terms, callTraceparent) => reader.read(message, terms, callTraceparent);
}
