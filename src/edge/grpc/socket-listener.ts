import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Listener, ListenerTls } from '../../config/config.ts';
import { tls as nodeTls } from '../../lib/node-tls.ts';
import type { Connections } from '../connections.ts';
import { listenEverywhere } from '../listen-everywhere.ts';
import type { HandshakeObserver } from '../listening.ts';
import { cannotListen, tlsOptions, tlsRenewal, watchHandshakes } from '../listening.ts';

const HTTP2 = 'h2';

/** A client that vanished is noticed after minutes. */
const SOCKETS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };

/** Listens for connections that speak HTTP/2, and hands them on. */
export interface SocketListener {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /** Takes up another certificate and `maxConnections`, for the connections from now on. The address and whether there is TLS stay. */
  reconfigure(listener: Pick<Listener, 'tls' | 'maxConnections'>): void;
  /** Stops listening at once; resolves when the last connection is closed. */
  stop(): Promise<void>;
}

export interface SocketListenerParts {
  /** Its key under `listen`. */
  readonly door: string;
  /** Tracks every connection, also those that are never handed on. */
  readonly connections: Pick<Connections, 'add' | 'handOver' | 'reconfigure'>;
  readonly observer: HandshakeObserver;
  /** Takes a connection over: with TLS, after the handshake, and only if the client offered HTTP/2. */
  readonly accept: (socket: Socket) => void;
}

/** Listens on every address of the listener; rejects if it cannot. */
export async function openSocketListener(listener: Listener, parts: SocketListenerParts): Promise<SocketListener> {
  const create = (): Server => {
    try {
      return createFor(listener.tls, parts);
    } catch (cause) {
      throw cannotListen(parts.door, listener.address, cause);
    }
  };
  const { address, servers } = await listenEverywhere(listener.address, parts.door, create);
  const renewTls = tlsRenewal(listener.tls, servers);
  return {
    address,
    reconfigure: (next) => {
      renewTls(next.tls);
      parts.connections.reconfigure(next);
    },
    stop: async () => {
      await Promise.all(servers.map((server) => once(server.close(), 'close')));
    },
  };
}

function createFor(tls: ListenerTls | undefined, parts: SocketListenerParts): Server {
  const { door, connections, observer } = parts;
  const accept = (socket: Socket): void => {
    // A door with too many connections has closed it.
    if (socket.destroyed) return;
    connections.handOver(socket);
    parts.accept(socket);
  };
  if (tls === undefined) {
    const server = createServer(SOCKETS);
    connections.add(server);
    return server.on('connection', accept);
  }
  const server = nodeTls().createServer({ ...tlsOptions(tls), ALPNProtocols: [HTTP2], ...SOCKETS });
  connections.add(server);
  server.on('secureConnection', (socket) => {
    // Catches errors before the connection's owner listens for them; the connection closes next.
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
