import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { Server } from '@grpc/grpc-js';
import type { Listener } from '../../config/config.ts';
import type { Health } from '../../observe/health.ts';
import type { ForwardingObserver } from '../client-address.ts';
import { Connections } from '../connections.ts';
import { TRACEPARENT } from '../correlation.ts';
import type { Gateway } from '../gateway.ts';
import { callInMemory } from '../grpc/call-in-memory.ts';
import { addHealth } from '../grpc/grpc-health.ts';
import { openGrpcListener } from '../grpc/grpc-listener.ts';
import type { HandshakeObserver } from '../listening.ts';
import type { CheckParts, CheckService } from './check-service.ts';
import { createCheckService, DOOR } from './check-service.ts';
import type { ExtAuthzPackage } from './definition.ts';
import { EXT_AUTHZ, loadPackage } from './definition.ts';
import { createLoadedCodec } from './loaded-codec.ts';
import type { CheckRequest } from './messages.ts';
import { encodeChecks } from './warm-up.ts';

export interface ExtAuthzParts extends CheckParts {
  /** The source of `grpc.health.v1`. */
  readonly health: Pick<Health, 'follow'>;
  readonly observer: HandshakeObserver & ForwardingObserver;
}

/** An open door. */
export interface ExtAuthzDoor {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /** Takes up another certificate, for the connections from now on. The address and whether there is TLS stay. */
  reconfigure(listener: Pick<Listener, 'tls'>): void;
  /**
   * Has a gateway decide checks with these `Authorization` values, as real ones: what a first check needs is loaded and
   * compiled then. They use a connection in memory and a server of their own, which nothing observes. Never rejects.
   */
  warmUp(gateway: Gateway, authorizations: readonly string[]): Promise<void>;
  /** Stops listening and lets running checks finish, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

/** Opens Envoy's door: `envoy.service.auth.v3.Authorization` and `grpc.health.v1`. Rejects if it cannot listen. */
export async function openExtAuthz(listener: Listener, parts: ExtAuthzParts): Promise<ExtAuthzDoor> {
  const loaded = loadPackage();
  const connections = new Connections();
  const server = createServer(loaded, parts, connections);
  addHealth(server, parts.health, [EXT_AUTHZ]);
  const open = await openGrpcListener(listener, { door: DOOR, server, connections, observer: parts.observer });
  return { ...open, warmUp: (gateway, authorizations) => warmUp(loaded, gateway, authorizations) };
}

function createServer(loaded: ExtAuthzPackage, parts: CheckParts, connections: Connections): Server {
  // Unlimited: a message over our limit would be a gRPC error, and `failure_mode_allow` lets the request pass then.
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  const answer = createCheckService(parts, (addresses) => createLoadedCodec(loaded, addresses));
  server.addService(
    // Answers are bytes already.
    { Check: { ...loaded.service.Check, responseSerialize: (bytes: Buffer) => bytes } },
    { Check: (call: Call, reply: Reply) => void check(call, reply, answer, connections) },
  );
  return server;
}

async function warmUp(loaded: ExtAuthzPackage, gateway: Gateway, authorizations: readonly string[]): Promise<void> {
  const parts = { gateway: () => gateway, failed: () => {}, observer: { forwardedForIgnored: () => {} } };
  const server = createServer(loaded, parts, new Connections());
  await callInMemory(server, loaded.service.Check.path, encodeChecks(loaded, authorizations)).catch(() => {});
}

type Call = ServerUnaryCall<CheckRequest, Buffer>;
type Reply = sendUnaryData<Buffer>;

async function check(
  call: Call,
  reply: Reply,
  answer: CheckService<CheckRequest>,
  connections: Connections,
): Promise<void> {
  connections.begin();
  try {
    const answered = answer(call.request, call.metadata.get(TRACEPARENT)[0]?.toString());
    const bytes = answered instanceof Promise ? await answered : answered;
    // grpc-js copies the bytes at once.
    if (Buffer.isBuffer(bytes)) reply(null, bytes);
    else reply(bytes);
  } finally {
    connections.end();
  }
}
