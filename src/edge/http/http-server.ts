import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import type { Listener } from '../../config/config.ts';
import { deny } from '../../core/decision.ts';
import type { ForwardingObserver } from '../client-address.ts';
import { ClientAddresses, isTrusted, noteClients } from '../client-address.ts';
import { Connections } from '../connections.ts';
import type { DoorObserver } from '../listening.ts';
import { listen as listenAt, tlsOptions, watchHandshakes } from '../listening.ts';
import { answerClientError } from './client-errors.ts';
import { answerErrors, MAX_BODY_BYTES } from './http-failures.ts';
import { parseJson } from './json-bodies.ts';
import { sendRefusal } from './refusal.ts';

/** From the connection, or the end of the previous request, until all headers have arrived. */
const HEADERS_TIMEOUT_MS = 5_000;
/** From the same moment until the body has arrived. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node checks for requests that exceed these limits. */
const CHECK_INTERVAL_MS = 1_000;

/** The time limits of a Node server, and what it leaves to us. */
export const HTTP_OPTIONS = {
  // Fastify's default is 60 s, and Node swaps the two limits if this one is the longer.
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: CHECK_INTERVAL_MS,
  // We answer a request without Host ourselves, with a problem document.
  requireHostHeader: false,
} as const;

export interface HttpServerParts {
  /** The door's key under `listen`. */
  readonly door: string;
  /** Returns the current CIDR ranges and addresses of trusted proxies. */
  readonly trustedProxies: () => readonly string[];
  readonly observer: DoorObserver & ForwardingObserver;
  /** The media types of bodies, for the message about another one. */
  readonly bodyTypes: string;
}

/**
 * Creates an HTTP door's server with its limits. Errors before a call is reached are reported as problem documents.
 *
 * @param tls `undefined` also if the door passes requests to it by `routing()` and listens itself.
 */
export function createHttpServer(tls: Listener['tls'], parts: HttpServerParts): FastifyInstance {
  const { door, trustedProxies, observer, bodyTypes } = parts;
  const server = build(tls, trustedProxies);
  noteClients(server, new ClientAddresses(door, trustedProxies, observer));
  server.removeContentTypeParser('text/plain');
  parseJson(server);
  answerErrors(server, { observer, bodyTypes });
  return server;
}

function build(tls: Listener['tls'], trustedProxies: () => readonly string[]): FastifyInstance {
  const common = {
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Host and protocol are believed only from a trusted proxy.
    trustProxy: (address: string) => isTrusted(address, trustedProxies()),
    // Longer paths are refused anyway.
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: (_error: unknown, _request: FastifyRequest, reply: FastifyReply) =>
      void sendRefusal(reply, deny('path_rejected', undefined, 'path')),
    clientErrorHandler: answerClientError,
  };
  if (tls === undefined) return fastify({ ...common, http: HTTP_OPTIONS });
  return fastify({ ...common, https: { ...tlsOptions(tls), ...HTTP_OPTIONS } });
}

/** Tracks the open connections and running requests of a server. Called before it listens. */
export function watchConnections(
  server: FastifyInstance,
  door: string,
  listener: Listener,
  observer: DoorObserver,
): Connections {
  const connections = new Connections({ door, listener, observer });
  connections.add(server.server);
  server.server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    connections.begin(socket);
    response.once('close', () => connections.end(socket));
  });
  watchHandshakes(server.server, door, observer);
  return connections;
}

/** Closes the server after running calls have finished, or after `limitMs`: a closing Node server has no time-outs. */
export async function shutDown(server: FastifyInstance, connections: Connections, limitMs: number): Promise<void> {
  const closed = server.close();
  await connections.close(limitMs);
  await closed;
}

/** Resolves to the bound address, `host:port` or `unix:/path`. Rejects if the server cannot listen. */
export function listen(server: FastifyInstance, door: string, listener: Listener): Promise<string> {
  // A copy, because Fastify modifies its argument.
  return listenAt(server.server, door, listener, () => server.listen({ ...listener.address }));
}
