import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import type { Listener, ListenerTls } from '../../config/config.ts';
import type { Connections } from '../connections.ts';
import { listenEverywhere } from '../listen-everywhere.ts';
import type { HandshakeObserver } from '../listening.ts';
import { cannotListen, tlsOptions, tlsRenewal, watchHandshakes } from '../listening.ts';
import { joinRepeatedCredentials } from './repeated-credentials.ts';

const HTTP2 = 'h2';

/** A listening gRPC server. */
export interface GrpcListener {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /** Takes up another certificate, for the connections from now on. The address and whether there is TLS stay. */
  reconfigure(listener: Pick<Listener, 'tls'>): void;
  /** Stops listening, asks clients to disconnect and lets running calls finish, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

export interface GrpcListenerParts {
  /** Its key under `listen`. */
  readonly door: string;
  readonly server: GrpcServer;
  readonly connections: Connections;
  readonly observer: HandshakeObserver;
}

/**
 * Listens for a gRPC server; rejects if it cannot. grpc-js could listen itself, but it does not report failed TLS
 * handshakes, and on closing it waits for connections that it does not track.
 */
export async function openGrpcListener(listener: Listener, parts: GrpcListenerParts): Promise<GrpcListener> {
  const { injectConnection } = parts.server.createConnectionInjector(ServerCredentials.createInsecure());
  joinRepeatedCredentials(parts.server);
  const create = (): Server => {
    try {
      const server = createFor(listener.tls, injectConnection, parts);
      parts.connections.add(server);
      return server;
    } catch (cause) {
      throw cannotListen(parts.door, listener.address, cause);
    }
  };
  const { address, servers } = await listenEverywhere(listener.address, parts.door, create);
  const renewTls = tlsRenewal(listener.tls, servers);
  return {
    address,
    reconfigure: ({ tls }) => renewTls(tls),
    close: (limitMs) => close(parts, servers, limitMs),
  };
}

function createFor(
  tls: ListenerTls | undefined,
  accept: (socket: Socket) => void,
  { door, observer }: Pick<GrpcListenerParts, 'door' | 'observer'>,
): Server {
  if (tls === undefined) return createServer({ noDelay: true }, accept);
  const server = createTlsServer({ ...tlsOptions(tls), ALPNProtocols: [HTTP2], noDelay: true }, (socket) => {
    // Catches errors before grpc-js listens for them; the connection closes next.
    socket.on('error', () => {});
    if (socket.alpnProtocol === HTTP2) {
      accept(socket);
      return;
    }
    const { remoteAddress } = socket;
    socket.destroy();
    observer.handshakeFailed(door, remoteAddress, new Error('the client does not offer HTTP/2 (ALPN protocol h2)'));
  });
  watchHandshakes(server, door, observer);
  return server;
}

async function close({ server, connections }: GrpcListenerParts, servers: readonly Server[], limitMs: number) {
  const closed = servers.map((listening) => once(listening.close(), 'close'));
  // Asks the clients to disconnect; does not wait for the connections, which it does not own.
  server.tryShutdown(() => {});
  await connections.close(limitMs);
  server.forceShutdown();
  await Promise.all(closed);
}
