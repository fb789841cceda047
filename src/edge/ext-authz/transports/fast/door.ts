import type { Socket } from 'node:net';
import type { ExtAuthzListener } from '../../../../config/config.ts';
import type { FastTransportConfig } from '../../../../config/transport-config.ts';
import { deny } from '../../../../core/decision.ts';
import { UnaryServer } from '../../../../http2/server.ts';
import type { UnaryMethod } from '../../../../http2/unary.ts';
import { Connections } from '../../../connections.ts';
import { TRACEPARENT } from '../../../correlation.ts';
import type { Gateway } from '../../../gateway.ts';
import { openSocketListener } from '../../../grpc/socket-listener.ts';
import type { CheckParts } from '../../check-service.ts';
import { createCheckService, DOOR } from '../../check-service.ts';
import type { ExtAuthzDoor, ExtAuthzParts } from '../../door.ts';
import { CHECK_PATH, EXT_AUTHZ, unobservedParts } from '../../door.ts';
import { encodeDeny } from '../../encode.ts';
import { createCheckCollector } from '../../wire/check-collector.ts';
import { OVER_LIMIT } from '../../wire/over-limit.ts';
import { ResponseWriter } from '../../wire/response-writer.ts';
import { encodeChecks } from '../../wire/sample-checks.ts';
import { createWireDecoder } from '../../wire/wire-decoder.ts';
import { callInMemory } from './call-in-memory.ts';
import { HEALTH_CHECK_PATH, healthCheck } from './health.ts';
import { observe } from './transport-observer.ts';

/** The length of a message has four bytes. */
const LONGEST_MESSAGE = 0xffff_ffff;

/** Opens the door with our own HTTP/2. Rejects if it cannot listen. */
export async function openFastDoor(
  listener: ExtAuthzListener & { readonly transport: FastTransportConfig },
  parts: ExtAuthzParts,
): Promise<ExtAuthzDoor> {
  const observer = observe(parts);
  let { limits } = listener.transport;
  const isTooLong = (): void => observer.limitReached('messageBytes', undefined, false);
  const methods = new Map([
    [CHECK_PATH, checkMethod(parts, () => limits.messageBytes, isTooLong)],
    [HEALTH_CHECK_PATH, healthCheck(parts.health, [EXT_AUTHZ])],
  ]);
  const server = new UnaryServer({ methods, observer, ...settingsOf(listener.transport) });
  const closeIdle = (): boolean => server.closeIdle();
  const connections = new Connections({ door: DOOR, listener, observer: parts.observer, closeIdle });
  const accept = (socket: Socket): void => server.serve(socket);
  const sockets = await openSocketListener(listener, { door: DOOR, connections, observer: parts.observer, accept });
  return {
    address: sockets.address,
    reconfigure: (next) => {
      sockets.reconfigure(next);
      if (next.transport.kind !== 'fast') return;
      limits = next.transport.limits;
      server.reconfigure(settingsOf(next.transport));
    },
    warmUp,
    close: async (limitMs) => {
      const stopped = sockets.stop();
      await server.close(limitMs);
      // Those that never came so far as to be served.
      await connections.close(0);
      await stopped;
    },
  };
}

/** The transport itself accepts messages of any length: what is kept of them is limited, and that is the collector's. */
function settingsOf({ limits, maxConnectionAgeMs }: FastTransportConfig) {
  return { limits: { ...limits, messageBytes: LONGEST_MESSAGE }, maxConnectionAgeMs };
}

/**
 * Answers checks. A check that is over a limit is denied: a gRPC error would let its request pass under Envoy's
 * `failure_mode_allow`.
 */
function checkMethod(parts: CheckParts, maxBytes: () => number, isTooLong: () => void): UnaryMethod {
  const answer = createCheckService(parts, createWireDecoder);
  const unavailable = deny('unavailable', undefined, 'internal error');
  const overLimit = new ResponseWriter().write(encodeDeny(unavailable, [])).bytes;
  return {
    handle: (call) => {
      if (call.message === OVER_LIMIT) isTooLong();
      return answer(call.message, call.values(TRACEPARENT)[0]);
    },
    collect: () => createCheckCollector(maxBytes())(),
    overLimit: () => overLimit,
  };
}

async function warmUp(gateway: Gateway, authorizations: readonly string[]): Promise<void> {
  const method = checkMethod(
    unobservedParts(gateway),
    () => LONGEST_MESSAGE,
    () => {},
  );
  const server = new UnaryServer({ methods: new Map([[CHECK_PATH, method]]) });
  await callInMemory(server, CHECK_PATH, encodeChecks(authorizations)).catch(() => {});
}
