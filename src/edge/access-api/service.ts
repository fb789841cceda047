import type { ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { Server } from '@grpc/grpc-js';
import type { Listener } from '../../config/config.ts';
import type { DecisionLimits } from '../../core/ports.ts';
import type { Health } from '../../observe/health.ts';
import type { RevocationWatches } from '../../revocation/revocation-watches.ts';
import { admitCaller, provesCaller } from '../callers.ts';
import { ClientAddresses, type ForwardingObserver } from '../client-address.ts';
import { Connections } from '../connections.ts';
import { readHop } from '../forwarded-hop.ts';
import { addHealth } from '../grpc/grpc-health.ts';
import type { GrpcListener } from '../grpc/grpc-listener.ts';
import { GRPC_JS_CAUSES, openGrpcListener } from '../grpc/grpc-listener.ts';
import type { DoorObserver } from '../listening.ts';
import type { CallInput, Outcome } from './call.ts';
import { correlationOf, credentialOf, done, failed, limitsOf, peerAddress } from './call.ts';
import { CallErrors } from './call-error.ts';
import { authorize } from './calls/authorize.ts';
import { authorizeMany } from './calls/authorize-many.ts';
import { introspect } from './calls/introspect.ts';
import { watchRevocations } from './calls/watch-revocations.ts';
import type { AccessDefinition } from './definition.ts';
import { accessDefinition, HEALTH_SERVICE, loadPackage } from './definition.ts';
import type { StatusMessage, WatchRevocationsRequest, WatchRevocationsResponse } from './messages.ts';
import { addReflection } from './reflection-service.ts';
import { RequestDecoder, withEncodedRequests } from './request-decoder.ts';
import type { AccessMethod } from './routes.ts';
import { ACCESS_SERVICE, pathOf } from './routes.ts';
import type { AccessUseCases } from './use-cases.ts';

const DOOR = 'access';

/** How long a caller that watches may take to begin another watch elsewhere when Sallyport stops. */
const HANDOVER_MS = 2_000;

const SERVER_OPTIONS = {
  /** 4 MiB, as everywhere in gRPC: 1,000 questions with tokens of 4 KB. */
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  /** Per connection. */
  'grpc.max_concurrent_streams': 1_000,
  /** A peer that is gone without a word is noticed within this time and the next. */
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  /** A connection without a call is closed after this time. */
  'grpc.max_connection_idle_ms': 300_000,
};

export interface AccessApiParts {
  /** The active configuration's use cases; called for each call, since a reload replaces them. */
  readonly useCases: () => AccessUseCases;
  readonly watches: Pick<RevocationWatches, 'begin' | 'end'>;
  /** The source of `grpc.health.v1`. */
  readonly health: Pick<Health, 'follow'>;
  readonly observer: DoorObserver & ForwardingObserver;
}

/**
 * Opens the internal API: `sallyport.access.v1.AccessService`, `grpc.health.v1` and reflection. The last two need no
 * credential: they tell only whether this instance is ready, and what the public proto file says. Rejects if it cannot
 * listen.
 */
export async function openAccessApi(listener: Listener, parts: AccessApiParts): Promise<GrpcListener> {
  const server = new Server(SERVER_OPTIONS);
  const connections = new Connections({ door: DOOR, listener, observer: parts.observer }, GRPC_JS_CAUSES);
  const loaded = loadPackage();
  const definition = accessDefinition(loaded);
  const calls = new Calls(parts, connections, new CallErrors(loaded), listener, definition);
  server.addService(
    { ...withEncodedRequests(definition) },
    {
      Authorize: calls.unary('Authorize', authorize),
      AuthorizeMany: calls.unary('AuthorizeMany', authorizeMany),
      Introspect: calls.unary('Introspect', introspect),
      WatchRevocations: calls.watch(),
    },
  );
  addHealth(server, parts.health, [ACCESS_SERVICE]);
  addReflection(server, loaded, [ACCESS_SERVICE, HEALTH_SERVICE]);
  const open = await openGrpcListener(listener, { door: DOOR, server, connections, observer: parts.observer });
  return {
    ...open,
    close: (limitMs) => {
      parts.watches.end(Math.min(limitMs / 2, HANDOVER_MS));
      return open.close(limitMs);
    },
  };
}

/** What grpc-js says of a call, of whatever kind it is. */
type AnyCall = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'cancelled' | 'getDeadline' | 'getPeer'>;

type Watch = ServerWritableStream<Buffer, WatchRevocationsResponse>;

/** Admits the callers of this door, and has their calls handled. */
class Calls {
  private readonly parts: AccessApiParts;
  private readonly connections: Connections;
  private readonly errors: CallErrors;
  private readonly isProven: boolean;
  private readonly isLocal: boolean;
  private readonly addresses: ClientAddresses;
  private readonly decoder: RequestDecoder;

  constructor(
    parts: AccessApiParts,
    connections: Connections,
    errors: CallErrors,
    listener: Listener,
    definition: AccessDefinition,
  ) {
    this.parts = parts;
    this.connections = connections;
    this.errors = errors;
    this.decoder = new RequestDecoder(definition, errors);
    this.isProven = provesCaller(listener);
    this.isLocal = 'path' in listener.address;
    this.addresses = new ClientAddresses(DOOR, () => parts.useCases().trustedProxies, parts.observer);
  }

  /** Returns the handler of a call with one request and one response. */
  unary<Request, Response>(
    method: AccessMethod,
    handle: (input: CallInput<Request>) => Promise<Outcome<Response>>,
  ): (call: ServerUnaryCall<Buffer, Response>, reply: sendUnaryData<Response>) => void {
    const answer = async (call: ServerUnaryCall<Buffer, Response>): Promise<Outcome<Response>> => {
      const useCases = this.parts.useCases();
      const limits = limitsOf(call.getDeadline(), () => call.cancelled, useCases.decisionTimeoutMs);
      const readClient = this.readerFor(call);
      const refusal = await this.refuse(method, call, useCases, limits);
      const decoded = refusal ?? this.decode<Request>(method, call.request);
      if (decoded.outcome === 'failed') return decoded;
      const correlation = correlationOf(call.metadata);
      return handle({ request: decoded.response, useCases, limits, readClient, correlation, errors: this.errors });
    };
    return (call, reply) => {
      void this.guard(method, () => answer(call)).then((outcome) => {
        if (outcome.outcome === 'done') reply(null, outcome.response);
        else reply(this.errors.toStatus(outcome.error));
      });
    };
  }

  /** Returns the handler of `WatchRevocations`. */
  watch(): (call: Watch) => void {
    const method = 'WatchRevocations';
    const judge = async (call: Watch): Promise<StatusMessage | undefined> => {
      const useCases = this.parts.useCases();
      const limits = limitsOf(call.getDeadline(), () => call.cancelled, useCases.decisionTimeoutMs);
      const refusal = await this.refuse(method, call, useCases, limits);
      return refusal?.outcome === 'failed' ? refusal.error : undefined;
    };
    const answer = async (call: Watch): Promise<Outcome<undefined>> => {
      const refusal = await judge(call);
      if (refusal !== undefined) return failed(refusal);
      const decoded = this.decode<WatchRevocationsRequest>(method, call.request);
      if (decoded.outcome === 'failed') return decoded;
      const input = { request: decoded.response, stream: call, judgeAgain: () => judge(call) };
      const error = await watchRevocations({ ...input, watches: this.parts.watches, errors: this.errors });
      return error === undefined ? done(undefined) : failed(error);
    };
    return (call) => {
      void this.guard(method, () => answer(call)).then((outcome) => {
        if (outcome.outcome === 'failed') call.emit('error', this.errors.toStatus(outcome.error));
        else call.end();
      });
    };
  }

  /** What is decoded by the definition of a method is a request of that method. */
  private decode<Request>(method: AccessMethod, bytes: Buffer): Outcome<Request> {
    return this.decoder.decode(method, bytes) as Outcome<Request>;
  }

  /** A bug fails the call, and is reported. */
  private async guard<Response>(
    method: AccessMethod,
    answer: () => Promise<Outcome<Response>>,
  ): Promise<Outcome<Response>> {
    this.connections.begin();
    try {
      return await answer();
    } catch (error) {
      this.parts.observer.callFailed(pathOf(method), error);
      return failed(this.errors.internal());
    } finally {
      this.connections.end();
    }
  }

  /** Returns the error for a caller that is not admitted. */
  private async refuse(
    method: AccessMethod,
    call: AnyCall,
    { callers }: AccessUseCases,
    limits: DecisionLimits,
  ): Promise<Outcome<never> | undefined> {
    const authorization = credentialOf(call.metadata);
    const readClient = this.readerFor(call);
    const request = {
      door: 'access-api',
      method: 'POST',
      host: '',
      path: pathOf(method),
      authorization,
      fromBrowser: false,
      client: () => readClient(undefined),
      ...correlationOf(call.metadata),
    } as const;
    const admission = await admitCaller(request, callers, this.isProven, limits);
    return admission.outcome === 'deny' ? failed(this.errors.denied(admission)) : undefined;
  }

  /** Reads the peer at once, since a call that has ended has none. */
  private readerFor(call: AnyCall): CallInput<unknown>['readClient'] {
    const peer = peerAddress(call.getPeer());
    return (told) => {
      // The permissions of a Unix socket, which has no address, say that the peer is trusted.
      if (this.isLocal) return told === undefined ? undefined : readHop(told);
      return this.addresses.read(peer, told);
    };
  }
}
