import type { Socket } from 'node:net';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import type { Listener } from '../../config/config.ts';
import type { Connections, EndCause } from '../connections.ts';
import type { HandshakeObserver } from '../listening.ts';
import { joinRepeatedCredentials } from './repeated-credentials.ts';
import { openSocketListener, type SocketListener } from './socket-listener.ts';

/** Why a door with grpc-js ends connections. */
export const GRPC_JS_CAUSES: readonly EndCause[] = ['full', 'silent'];

const PREFACE_MS = 10_000;
/** The length of the connection preface. RFC 9113, section 3.4. */
const PREFACE_BYTES = 24;

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
  /** Milliseconds for the connection preface, for which grpc-js would wait for ever. By default 10,000. */
  readonly prefaceMs?: number;
}

/**
 * Listens for a gRPC server; rejects if it cannot. grpc-js could listen itself, but it does not report failed TLS
 * handshakes, and on closing it waits for connections that it does not track.
 */
export async function openGrpcListener(listener: Listener, parts: GrpcListenerParts): Promise<GrpcListener> {
  const { server, connections } = parts;
  const { injectConnection } = server.createConnectionInjector(ServerCredentials.createInsecure());
  joinRepeatedCredentials(server);
  const accept = (socket: Socket): void => {
    const timer = setTimeout(() => {
      if (socket.bytesRead >= PREFACE_BYTES) return;
      parts.observer.connectionEnded(parts.door, 'silent', socket.remoteAddress);
      socket.destroy();
    }, parts.prefaceMs ?? PREFACE_MS).unref();
    socket.once('close', () => clearTimeout(timer));
    injectConnection(socket);
  };
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
