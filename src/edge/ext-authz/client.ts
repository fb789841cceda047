import { hashOfPem } from '../certificates/certificate-hash.ts';
import type { ClientAddresses } from '../client-address.ts';
import type { CertificateReader, ClientReader } from './decode.ts';
import type { Peer } from './messages.ts';

/** How an encoded peer is read. Throws if it cannot be. */
interface PeerFormat {
  readonly deserialize: (source: Buffer) => Peer;
}

/** Reads the client's address. */
export function createClientReader({ deserialize }: PeerFormat, addresses: ClientAddresses): ClientReader {
  return (source, forwardedFor) => {
    // Empty if the gateway itself listens on a Unix socket.
    const peer = (source && deserialize(Buffer.from(source)).address?.socket_address?.address) || undefined;
    return addresses.read(peer, forwardedFor);
  };
}

/** Reads the certificate with which the client connected to the gateway itself. */
export function createCertificateReader({ deserialize }: PeerFormat): CertificateReader {
  return (source) => hashOfPem(deserialize(Buffer.from(source)).certificate ?? '');
}
