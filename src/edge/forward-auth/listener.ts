import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Listener } from '../../config/config.ts';
import { http } from '../../lib/node-http.ts';
import { https } from '../../lib/node-tls.ts';
import { Connections } from '../connections.ts';
import type { ClientError } from '../http/client-errors.ts';
import { HTTP_OPTIONS } from '../http/http-server.ts';
import { listenEverywhere } from '../listen-everywhere.ts';
import type { HandshakeObserver } from '../listening.ts';
import { cannotListen, tlsOptions, tlsRenewal, watchHandshakes } from '../listening.ts';

const OPTIONS = {
  ...HTTP_OPTIONS,
  // Tokens of 64 KiB get the same answer as at the other doors.
  maxHeaderSize: 128 * 1024,
  // Longer than gateways keep idle connections (Envoy: an hour). One that we close at the moment of a request fails it.
  keepAliveTimeout: 65 * 60_000,
} as const;

/** A listening HTTP server. */
interface HttpListener {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /** Takes up another certificate and `maxConnections`, for the connections from now on. */
  reconfigure(listener: Pick<Listener, 'tls' | 'maxConnections'>): void;
  /** Stops listening and lets running requests finish, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

interface Handlers {
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  /** Answers bytes that Node cannot parse as a request. */
  onUnreadable(error: ClientError, socket: Socket): void;
}

/** Listens for HTTP/1.1 on all addresses of the host name; rejects if it cannot. */
export async function openListener(
  listener: Listener,
  door: string,
  observer: HandshakeObserver,
  handlers: Handlers,
): Promise<HttpListener> {
  const connections = new Connections({ door, listener, observer });
  let isClosing = false;
  const onRequest: RequestListener = (request, response) => {
    const { socket } = request;
    connections.begin(socket);
    response.once('close', () => connections.end(socket));
    if (isClosing) response.shouldKeepAlive = false;
    handlers.onRequest(request, response);
  };
  const create = (): Server => {
    try {
      const server = createFor(listener, { ...handlers, onRequest });
      connections.add(server);
      watchHandshakes(server, door, observer);
      return server;
    } catch (cause) {
      throw cannotListen(door, listener.address, cause);
    }
  };
  const { address, servers } = await listenEverywhere(listener.address, door, create);
  const renewTls = tlsRenewal(listener.tls, servers);
  return {
    address,
    reconfigure: (next) => {
      renewTls(next.tls);
      connections.reconfigure(next);
    },
    close: async (limitMs) => {
      isClosing = true;
      const closed = servers.map((server) => once(server.close(), 'close'));
      await connections.close(limitMs);
      await Promise.all(closed);
    },
  };
}

function createFor({ tls }: Listener, { onRequest, onUnreadable }: Handlers): Server {
  const server =
    tls === undefined
      ? http.createServer(OPTIONS, onRequest)
      : https().createServer({ ...OPTIONS, ...tlsOptions(tls) }, onRequest);
  // By default Node drops the fields after the first two thousand, and with them what the gateway says.
  server.maxHeadersCount = 0;
  server.on('clientError', onUnreadable);
  // Node leaves the connection of a CONNECT request to us, and closes it if there is no listener.
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    const response = new http.ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.end());
    socket.once('error', () => socket.destroy());
    onRequest(request, response);
  });
  return server;
}
