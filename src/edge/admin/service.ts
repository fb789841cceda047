import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type SecureContextOptions, Server as TlsServer } from 'node:tls';
import type { Listener, ListenerTls } from '../../config/config.ts';
import type { Events } from '../../observe/events.ts';
import type { Metrics } from '../../observe/metrics.ts';
import type { Observation } from '../../observe/observation.ts';
import { removeDeadSocket } from '../dead-socket.ts';
import { decodePage } from './decode.ts';
import { sendLive, sendMetrics, sendNotAllowed, sendNotFound, sendReady } from './encode.ts';

const TIMEOUT_MS = 10_000;
const CLOSE_LIMIT_MS = 1_000;

/** What there is to see. */
export type AdminParts = Pick<Observation, 'health' | 'components' | 'measure'> & {
  /** Told of a bug of ours, whose answer is cut off. */
  readonly events: Pick<Events, 'callFailed'>;
};

export interface AdminDoor {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /** For the connections from now on. */
  renewCertificate(tls: ListenerTls): void;
  /** Lets running answers finish, within a second. */
  close(): Promise<void>;
}

/** Opens the door for those who watch: `/metrics`, `/livez` and `/readyz`. Rejects where it cannot listen. */
export async function openAdmin(listener: Listener, parts: AdminParts): Promise<AdminDoor> {
  const metrics = parts.measure();
  const server = createFor(listener, (request, response) => {
    answer(request, response, parts, metrics).catch((error: unknown) => {
      response.destroy();
      if (!isReaderGone(error)) parts.events.callFailed('admin', error);
    });
  });
  if ('path' in listener.address) await removeDeadSocket(listener.address.path);
  const address = await listen(server, listener);
  return {
    address,
    renewCertificate: (tls) => {
      if (server instanceof TlsServer) server.setSecureContext(secureContext(tls));
    },
    close: () => close(server),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: AdminParts,
  metrics: Metrics,
): Promise<void> {
  switch (decodePage(request.method ?? '', request.url ?? '')) {
    case 'live':
      return sendLive(response);
    case 'ready':
      return sendReady(response, parts.health.state, parts.components());
    case 'metrics':
      return sendMetrics(response, metrics);
    case 'method_not_allowed':
      return sendNotAllowed(response);
    case 'not_found':
      return sendNotFound(response);
  }
}

/** Errors of connections carry codes, those of our own making do not. */
function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}

function createFor({ tls }: Listener, onRequest: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const common = { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS };
  if (tls === undefined) return createServer(common, onRequest);
  const client = tls.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  return createTlsServer({ ...common, ...secureContext(tls), ...client }, onRequest);
}

function secureContext({ cert, key, clientCa }: ListenerTls): SecureContextOptions {
  return { cert, key: Buffer.from(key.reveal()), ...(clientCa === undefined ? {} : { ca: clientCa }) };
}

async function listen(server: Server, { address }: Listener): Promise<string> {
  const target = 'path' in address ? `unix:${address.path}` : joinHostPort(address.host, address.port);
  try {
    // A copy: Node writes into what it is given.
    await once(server.listen({ ...address }), 'listening');
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`listen.admin: cannot listen on ${target}: ${message}`, { cause });
  }
  const bound = server.address();
  const isPort = typeof bound === 'object' && bound !== null && !('path' in address);
  return isPort ? joinHostPort(address.host, bound.port) : target;
}

function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const limit = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
  await closed;
  clearTimeout(limit);
}
