import { type Server, ServerCredentials } from '@grpc/grpc-js';
import type { Listener } from '../../config/config.ts';
import type { Connections } from '../connections.ts';
import type { HandshakeObserver } from '../listening.ts';
import { joinRepeatedCredentials } from './repeated-credentials.ts';
import { openSocketListener, type SocketListener } from './socket-listener.ts';

/** A listening gRPC server. */
export interface GrpcListener extends Pick<SocketListener, 'address' | 'reconfigure'> {
  /** Stops listening, asks clients to disconnect and lets running calls finish, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

export interface GrpcListenerParts {
  /** Its key under `listen`. */
  readonly door: string;
  readonly server: Server;
  readonly connections: Connections;
  readonly observer: HandshakeObserver;
}

/**
 * Listens for a gRPC server; rejects if it cannot. grpc-js could listen itself, but it does not report failed TLS
 * handshakes, and on closing it waits for connections that it does not track.
 */
export async function openGrpcListener(listener: Listener, parts: GrpcListenerParts): Promise<GrpcListener> {
  const { server, connections } = parts;
  const { injectConnection: accept } = server.createConnectionInjector(ServerCredentials.createInsecure());
  joinRepeatedCredentials(server);
  const { address, reconfigure, stop } = await openSocketListener(listener, { ...parts, accept });
  return {
    address,
    reconfigure,
    close: async (limitMs) => {
      const stopped = stop();
      // Asks the clients to disconnect; does not wait for the connections, which it does not own.
      server.tryShutdown(() => {});
      await connections.close(limitMs);
      server.forceShutdown();
      await stopped;
    },
  };
}
