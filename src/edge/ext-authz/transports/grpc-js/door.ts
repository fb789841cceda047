import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { Server } from '@grpc/grpc-js';
import type { ExtAuthzListener } from '../../../../config/config.ts';
import { Connections } from '../../../connections.ts';
import { TRACEPARENT } from '../../../correlation.ts';
import type { Gateway } from '../../../gateway.ts';
import { callInMemory } from '../../../grpc/call-in-memory.ts';
import { addHealth } from '../../../grpc/grpc-health.ts';
import { GRPC_JS_CAUSES, openGrpcListener } from '../../../grpc/grpc-listener.ts';
import type { CheckParts, CheckService } from '../../check-service.ts';
import { createCheckService, DOOR } from '../../check-service.ts';
import type { ExtAuthzDoor, ExtAuthzParts } from '../../door.ts';
import { EXT_AUTHZ, unobservedParts } from '../../door.ts';
import type { CheckRequest } from '../../messages.ts';
import { encodeChecks } from '../../wire/sample-checks.ts';
import type { ExtAuthzPackage } from './definition.ts';
import { loadPackage } from './definition.ts';
import { createLoadedDecoder } from './loaded-decoder.ts';

/** Opens the door with grpc-js. Rejects if it cannot listen. */
export async function openGrpcJsDoor(listener: ExtAuthzListener, parts: ExtAuthzParts): Promise<ExtAuthzDoor> {
  const loaded = loadPackage();
  const connections = new Connections({ door: DOOR, listener, observer: parts.observer }, GRPC_JS_CAUSES);
  const server = createServer(loaded, parts, connections);
  addHealth(server, parts.health, [EXT_AUTHZ]);
  const open = await openGrpcListener(listener, { door: DOOR, server, connections, observer: parts.observer });
  return { ...open, warmUp: (gateway, authorizations) => warmUp(loaded, gateway, authorizations) };
}

function createServer(loaded: ExtAuthzPackage, parts: CheckParts, connections: RunningCalls): Server {
  // Unlimited: a message over our limit would be a gRPC error, and `failure_mode_allow` lets the request pass then.
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  const answer = createCheckService(parts, (...decoderParts) => createLoadedDecoder(loaded, ...decoderParts));
  server.addService(
    // Answers are bytes already.
    { Check: { ...loaded.service.Check, responseSerialize: (bytes: Buffer) => bytes } },
    { Check: (call: Call, reply: Reply) => void check(call, reply, answer, connections) },
  );
  return server;
}

async function warmUp(loaded: ExtAuthzPackage, gateway: Gateway, authorizations: readonly string[]): Promise<void> {
  const server = createServer(loaded, unobservedParts(gateway), { begin: () => {}, end: () => {} });
  await callInMemory(server, loaded.service.Check.path, encodeChecks(authorizations)).catch(() => {});
}
/** Counts the calls that run. */
type RunningCalls = Pick<Connections, 'begin' | 'end'>;
type Call = ServerUnaryCall<CheckRequest, Buffer>;
type Reply = sendUnaryData<Buffer>;

async function check(
  call: Call,
  reply: Reply,
  answer: CheckService<CheckRequest>,
  connections: RunningCalls,
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
