import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { Server } from '@grpc/grpc-js';
import type { Listener } from '../../config/config.ts';
import { deny } from '../../core/decision.ts';
import type { ShownHeaders } from '../../core/upstream/upstream-headers.ts';
import type { Health } from '../../observe/health.ts';
import { ClientAddresses, type ForwardingObserver } from '../client-address.ts';
import { clientFields } from '../client-fields.ts';
import { Connections } from '../connections.ts';
import { TRACEPARENT } from '../correlation.ts';
import type { Gateway } from '../gateway.ts';
import { callInMemory } from '../grpc/call-in-memory.ts';
import { addHealth } from '../grpc/grpc-health.ts';
import { openGrpcListener } from '../grpc/grpc-listener.ts';
import type { HandshakeObserver } from '../listening.ts';
import type { AnswerParts } from './check-answer.ts';
import { answerCheck } from './check-answer.ts';
import { createCertificateReader, createClientReader } from './client.ts';
import type { CertificateReader, ClientReader } from './decode.ts';
import { decodeCheck } from './decode.ts';
import type { ExtAuthzPackage } from './definition.ts';
import { EXT_AUTHZ, loadPackage } from './definition.ts';
import type { McpMetadataReader } from './mcp-metadata.ts';
import { createMcpMetadataReader } from './mcp-metadata.ts';
import type { CheckRequest, CheckResponse } from './messages.ts';
import { encodeChecks } from './warm-up.ts';

const DOOR = 'extAuthz';

export interface ExtAuthzParts {
  /** The active configuration's part; called for each check, since a reload replaces it. */
  readonly gateway: () => Gateway;
  /** Told of a bug in this door; the request was denied. */
  readonly failed: (error: unknown) => void;
  /** The source of `grpc.health.v1`. */
  readonly health: Pick<Health, 'follow'>;
  readonly observer: HandshakeObserver & ForwardingObserver;
}

/** What the decision of a check needs. */
type CheckParts = Pick<ExtAuthzParts, 'gateway' | 'failed'> & { readonly observer: ForwardingObserver };

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
  const addresses = new ClientAddresses(DOOR, () => parts.gateway().trustedProxies, parts.observer);
  const readers = {
    readClient: createClientReader(loaded.peer, addresses),
    readMetadata: createMcpMetadataReader(loaded.metadata),
    readCertificate: createCertificateReader(loaded.peer),
  };
  const { Check } = loaded.service;
  const serialize = (response: CheckResponse): Buffer => Check.responseSerialize(response);
  server.addService(
    // Answers are bytes already.
    { Check: { ...Check, responseSerialize: (bytes: Buffer) => bytes } },
    { Check: (call: Call, reply: Reply) => void check(call, reply, parts, readers, serialize, connections) },
  );
  return server;
}

async function warmUp(loaded: ExtAuthzPackage, gateway: Gateway, authorizations: readonly string[]): Promise<void> {
  const parts = { gateway: () => gateway, failed: () => {}, observer: { forwardedForIgnored: () => {} } };
  const server = createServer(loaded, parts, new Connections());
  await callInMemory(server, loaded.service.Check.path, encodeChecks(loaded, authorizations)).catch(() => {});
}

const NOTHING_SHOWN: ShownHeaders = { complete: false, disguised: [] };

interface Readers {
  readonly readClient: ClientReader;
  readonly readMetadata: McpMetadataReader;
  readonly readCertificate: CertificateReader;
}

type Call = ServerUnaryCall<CheckRequest, Buffer>;
type Reply = sendUnaryData<Buffer>;

async function check(
  call: Call,
  reply: Reply,
  { gateway, failed }: CheckParts,
  readers: Readers,
  serialize: AnswerParts['serialize'],
  connections: Connections,
): Promise<void> {
  connections.begin();
  const active = gateway();
  const { decider, headers, metadata, wantedFields } = active;
  try {
    const isDisguised = (name: string): boolean => headers.isDisguised(name);
    const traceparent = call.metadata.get(TRACEPARENT)[0]?.toString();
    const { request, shown } = decodeCheck(call.request, { isDisguised, wantedFields, ...readers }, traceparent);
    const decision = await decider.decide(request);
    const notice = clientFields(request, decision, active);
    reply(null, answerCheck(decision, { headers, metadata, serialize }, shown, notice));
  } catch (error) {
    // A gRPC error would let the request pass under Envoy's `failure_mode_allow`.
    failed(error);
    reply(null, answerCheck(deny('unavailable', undefined, 'internal error'), { headers, serialize }, NOTHING_SHOWN));
  } finally {
    connections.end();
  }
}
