import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Listener } from '../../config/config.ts';
import { deny } from '../../core/decision.ts';
import { http } from '../../lib/node-http.ts';
import { https } from '../../lib/node-tls.ts';
import type { Metrics } from '../../observe/metrics/metrics.ts';
import type { Observation } from '../../observe/observation.ts';
import { provesCaller } from '../callers.ts';
import { Connections } from '../connections.ts';
import { type DoorObserver, listen, tlsOptions, tlsRenewal, watchHandshakes } from '../listening.ts';
import { decodePage } from './decode.ts';
import {
  sendDenial,
  sendLive,
  sendMetrics,
  sendMisdirected,
  sendNotAllowed,
  sendNotFound,
  sendReady,
} from './encode.ts';
import { isMeantForUs } from './host.ts';
import type { AdminUseCases } from './use-cases.ts';

const DOOR = 'admin';

const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node looks for requests that take longer. */
const CHECK_INTERVAL_MS = 1_000;
const CLOSE_LIMIT_MS = 1_000;

/** What this door shows. */
export type AdminParts = Pick<Observation, 'health' | 'components' | 'measure'> & {
  /** Told of a bug in this door; the answer is cut off. */
  readonly events: DoorObserver;
  /** The active configuration's use cases; called for each call. `undefined` until Sallyport is ready. */
  readonly useCases: () => AdminUseCases | undefined;
};

export interface AdminDoor {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /** Takes up another certificate and `maxConnections`, for the connections from now on. The address and whether there is TLS stay. */
  reconfigure(listener: Pick<Listener, 'tls' | 'maxConnections'>): void;
  /** Lets running answers finish, within a second. */
  close(): Promise<void>;
}

/** Opens the door for operators: `/metrics`, `/livez`, `/readyz` and `POST /explain`. Rejects if it cannot listen. */
export async function openAdmin(listener: Listener, parts: AdminParts): Promise<AdminDoor> {
  const metrics = parts.measure();
  const connections = new Connections({ door: DOOR, listener, observer: parts.events });
  const server = createFor(listener, (request, response) => {
    const { socket } = request;
    connections.begin(socket);
    response.once('close', () => connections.end(socket));
    if (!isMeantForUs(request.headers.host, listener)) {
      sendMisdirected(response);
      return;
    }
    answer(request, response, listener, parts, metrics).catch((error: unknown) => {
      response.destroy();
      if (!isReaderGone(error)) parts.events.callFailed('admin', error);
    });
  });
  connections.add(server);
  watchHandshakes(server, DOOR, parts.events);
  const address = await listen(server, DOOR, listener);
  const renewTls = tlsRenewal(listener.tls, [server]);
  return {
    address,
    reconfigure: (next) => {
      renewTls(next.tls);
      connections.reconfigure(next);
    },
    close: () => close(server, connections),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  listener: Listener,
  parts: AdminParts,
  metrics: Metrics,
): Promise<void> {
  const page = decodePage(request.method ?? '', request.url ?? '');
  if (typeof page === 'object') return sendNotAllowed(response, page.allow);
  switch (page) {
    case 'live':
      return sendLive(response);
    case 'ready':
      return sendReady(response, parts.health.state, parts.components());
    case 'metrics':
      return sendMetrics(response, metrics);
    case 'explain':
      return explain(request, response, listener, parts);
    case 'not_found':
      return sendNotFound(response);
  }
}

/** Loads the call when it is used for the first time. */
async function explain(
  request: IncomingMessage,
  response: ServerResponse,
  listener: Listener,
  parts: AdminParts,
): Promise<void> {
  const useCases = parts.useCases();
  if (useCases === undefined) return sendDenial(response, deny('unavailable', undefined, 'a part failed'));
  const { answerExplain } = await import('./explain.ts');
  try {
    await answerExplain(request, response, { useCases, isProven: provesCaller(listener) });
  } catch (error) {
    if (response.headersSent || isReaderGone(error)) throw error;
    parts.events.callFailed('POST /explain', error);
    sendDenial(response, deny('unavailable', undefined, 'a part failed'));
  }
}

/** Connection errors have codes; errors from our own code do not. */
function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}

function createFor({ tls }: Listener, onRequest: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const common = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
  };
  if (tls === undefined) return http.createServer(common, onRequest);
  return https().createServer({ ...common, ...tlsOptions(tls) }, onRequest);
}

async function close(server: Server, connections: Connections): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await connections.close(CLOSE_LIMIT_MS);
  await closed;
}
