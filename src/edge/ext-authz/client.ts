import type { ClientAddresses } from '../client-address.ts';
import type { ClientReader } from './decode.ts';
import { loadPeer } from './definition.ts';

/** Reads the client's address; loads the parser on first use. */
export function createClientReader(addresses: ClientAddresses): ClientReader {
  let readPeer: ReturnType<typeof loadPeer> | undefined;
  return (source, forwardedFor) => {
    readPeer ??= loadPeer();
    // Empty if the gateway itself listens on a Unix socket.
    const peer = (source && readPeer(source).address?.socket_address?.address) || undefined;
    return addresses.read(peer, forwardedFor);
  };
}
