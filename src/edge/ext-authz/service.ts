import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Listener } from '../../config/config.ts';
import { deny } from '../../core/decision.ts';
import type { Decider } from '../../core/ports.ts';
import type { UpstreamHeaderWriter } from '../../core/upstream-headers.ts';
import { removeDeadSocket } from '../dead-socket.ts';
import { decodeCheck } from './decode.ts';
import { EXT_AUTHZ, loadExtAuthz } from './definition.ts';
import { encodeDecision } from './encode.ts';
import type { CheckRequest, CheckResponse } from './messages.ts';

const CLOSE_LIMIT_MS = 5_000;

export interface ExtAuthzParts {
  readonly decider: Decider;
  readonly headers: UpstreamHeaderWriter;
  /** Told of a bug of ours, whose request was denied. */
  readonly failed: (error: unknown) => void;
}

/** A door that is open. */
export interface ExtAuthzDoor {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /** Lets running checks finish, within a limit. */
  close(): Promise<void>;
}

/** Opens Envoy's door: `envoy.service.auth.v3.Authorization` and `grpc.health.v1`. Rejects where it cannot listen. */
export async function openExtAuthz(listener: Listener, parts: ExtAuthzParts): Promise<ExtAuthzDoor> {
  // As much as Envoy sends: a body over a limit of ours would be a gRPC error, which `failure_mode_allow` lets pass.
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService({ ...loadExtAuthz() }, { Check: (call: Call, reply: Reply) => void check(call, reply, parts) });
  const health = new HealthImplementation({ '': 'SERVING', [EXT_AUTHZ]: 'SERVING' });
  health.addToServer(server);
  if ('path' in listener.address) await removeDeadSocket(listener.address.path);
  const address = await bind(server, listener);
  return {
    address,
    close: async () => {
      health.setStatus('', 'NOT_SERVING');
      health.setStatus(EXT_AUTHZ, 'NOT_SERVING');
      await shutDown(server);
    },
  };
}

type Call = ServerUnaryCall<CheckRequest, CheckResponse>;
type Reply = sendUnaryData<CheckResponse>;

async function check(call: Call, reply: Reply, { decider, headers, failed }: ExtAuthzParts): Promise<void> {
  try {
    const { request, disguised } = decodeCheck(call.request, (name) => headers.isDisguised(name));
    reply(null, encodeDecision(await decider.decide(request), headers, disguised));
  } catch (error) {
    // Not a gRPC error: under `failure_mode_allow` Envoy would let the request pass.
    failed(error);
    reply(null, encodeDecision(deny('unavailable', undefined, 'internal error'), headers, []));
  }
}

function bind(server: Server, { address, tls }: Listener): Promise<string> {
  const target = 'path' in address ? `unix:${address.path}` : joinHostPort(address.host, address.port);
  const credentials = tls === undefined ? ServerCredentials.createInsecure() : tlsCredentials(tls);
  return new Promise((resolve, reject) => {
    server.bindAsync(target, credentials, (error, port) => {
      if (error === null) resolve('path' in address ? target : joinHostPort(address.host, port));
      else reject(new Error(`listen.extAuthz: cannot listen on ${target}: ${error.message}`, { cause: error }));
    });
  });
}

function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function tlsCredentials({ cert, key, clientCa }: NonNullable<Listener['tls']>): ServerCredentials {
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key.reveal()) };
  return ServerCredentials.createSsl(
    clientCa === undefined ? null : Buffer.from(clientCa),
    [pair],
    clientCa !== undefined,
  );
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => {
      server.forceShutdown();
      // A connection on which nobody ever spoke HTTP/2 is not waited for: nothing would end it.
      resolve();
    }, CLOSE_LIMIT_MS);
    server.tryShutdown(() => {
      clearTimeout(limit);
      resolve();
    });
  });
}
