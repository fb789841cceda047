import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Listener } from '../../config/config.ts';
import type { Metrics } from '../../observe/metrics/metrics.ts';
import type { Observation } from '../../observe/observation.ts';
import { Connections } from '../connections.ts';
import { type DoorObserver, listen, tlsOptions, tlsRenewal, watchHandshakes } from '../listening.ts';
import { decodePage } from './decode.ts';
import { sendLive, sendMetrics, sendMisdirected, sendNotAllowed, sendNotFound, sendReady } from './encode.ts';
import { isMeantForUs } from './host.ts';

const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const CLOSE_LIMIT_MS = 1_000;

/** What this door shows. */
export type AdminParts = Pick<Observation, 'health' | 'components' | 'measure'> & {
  /** Told of a bug in this door; the answer is cut off. */
  readonly events: DoorObserver;
};

export interface AdminDoor {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /** Takes up another certificate, for the connections from now on. The address and whether there is TLS stay. */
  reconfigure(listener: Pick<Listener, 'tls'>): void;
  /** Lets running answers finish, within a second. */
  close(): Promise<void>;
}

/** Opens the door for monitoring: `/metrics`, `/livez` and `/readyz`. Rejects if it cannot listen. */
export async function openAdmin(listener: Listener, parts: AdminParts): Promise<AdminDoor> {
  const metrics = parts.measure();
  const connections = new Connections();
  const server = createFor(listener, (request, response) => {
    connections.begin();
    response.once('close', () => connections.end());
    if (!isMeantForUs(request.headers.host, listener)) {
      sendMisdirected(response);
      return;
    }
    answer(request, response, parts, metrics).catch((error: unknown) => {
      response.destroy();
      if (!isReaderGone(error)) parts.events.callFailed('admin', error);
    });
  });
  connections.add(server);
  watchHandshakes(server, 'admin', parts.events);
  const address = await listen(server, 'admin', listener);
  const renewTls = tlsRenewal(listener.tls, [server]);
  return {
    address,
    reconfigure: ({ tls }) => renewTls(tls),
    close: () => close(server, connections),
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

/** Connection errors have codes; errors from our own code do not. */
function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}

function createFor({ tls }: Listener, onRequest: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const common = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  if (tls === undefined) return createServer(common, onRequest);
  return createTlsServer({ ...common, ...tlsOptions(tls) }, onRequest);
}

async function close(server: Server, connections: Connections): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await connections.close(CLOSE_LIMIT_MS);
  await closed;
}
