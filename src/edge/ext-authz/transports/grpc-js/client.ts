import { hashOfPem } from '../../../certificates/certificate-hash.ts';
import type { ClientAddresses } from '../../../client-address.ts';
import type { CertificateReader, ClientReader } from '../../decode.ts';
import type { ExtAuthzPackage } from './definition.ts';

/** Reads the client's address. */
export function createClientReader(
  { deserialize }: Pick<ExtAuthzPackage['peer'], 'deserialize'>,
  addresses: ClientAddresses,
): ClientReader {
  return (source, forwardedFor) => {
    // Empty if the gateway itself listens on a Unix socket.
    const peer = (source && deserialize(Buffer.from(source)).address?.socket_address?.address) || undefined;
    return addresses.read(peer, forwardedFor);
  };
}

/** Reads the certificate with which the client connected to the gateway itself. */
export function createCertificateReader({
  deserialize,
}: Pick<ExtAuthzPackage['peer'], 'deserialize'>): CertificateReader {
  return (source) => hashOfPem(deserialize(Buffer.from(source)).certificate ?? '');
}
