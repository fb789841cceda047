import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyPluginAsync } from 'fastify';
import type { ForwardAuthMode, Listener } from '../../config/config.ts';
import { deny } from '../../core/decision.ts';
import type { Clock } from '../../core/ports.ts';
import type { ForwardingObserver } from '../client-address.ts';
import { ClientAddresses, isProxy } from '../client-address.ts';
import { clientFields } from '../client-fields.ts';
import type { Gateway } from '../gateway.ts';
import { answerClientError, endWith } from '../http/client-errors.ts';
import { discardBody } from '../http/discard-body.ts';
import { createHttpServer } from '../http/http-server.ts';
import type { DoorObserver } from '../listening.ts';
import { cacheFields } from './cache-fields.ts';
import { decodeAuth, isAuth, UNREADABLE } from './decode.ts';
import type { AuthAnswer } from './encode.ts';
import { encodeAuth } from './encode.ts';
import { openListener } from './listener.ts';

const DOOR = 'verify';
const NOTHING_SHOWN = { credentials: [], disguised: [] } as const;

/** Told of gateways whose requests are denied. */
export interface GatewayObserver {
  /**
   * A peer that is not a trusted proxy sent a request to `/auth`.
   *
   * @param door its key under `listen`.
   */
  gatewayNotTrusted(door: string, peer: string): void;
  /** A peer sent a request to `/auth` or below it, which has no answer in the listener's mode, or without one. */
  gatewayNotExpected(door: string, peer: string): void;
}

export interface VerifyParts {
  /** The active configuration's part; called for each request, since a reload replaces it. */
  readonly gateway: () => Gateway;
  /** Told of a bug in this door; the request was denied. */
  readonly failed: (error: unknown) => void;
  readonly observer: DoorObserver & ForwardingObserver & GatewayObserver;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** The calls that the listener serves besides `/auth`. */
  readonly calls: FastifyPluginAsync;
}

export interface VerifyDoor {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /** Takes up another mode and `certificateFrom`, and another certificate for new connections. The address and whether there is TLS stay. */
  reconfigure(listener: Pick<Listener, 'tls' | 'maxConnections' | 'mode' | 'certificateFrom'>): void;
  /** Stops listening and lets running requests finish, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

/** Opens the listener `verify`: `/auth` for gateways, and the calls for policy clients. Rejects if it cannot listen. */
export async function openVerify(listener: Listener, parts: VerifyParts): Promise<VerifyDoor> {
  const { gateway, observer } = parts;
  const trustedProxies = () => gateway().trustedProxies;
  const calls = createHttpServer(undefined, { door: DOOR, trustedProxies, observer, bodyTypes: 'application/json' });
  calls.register(parts.calls);
  await calls.ready();
  const auth = new Auth(parts, new ClientAddresses(DOOR, trustedProxies, observer), 'path' in listener.address);
  let { mode, certificateFrom } = listener;
  const open = await openListener(listener, DOOR, observer, {
    onRequest: (request, response) => {
      if (mode !== undefined && isAuth(request, mode)) void auth.answer(request, response, { mode, certificateFrom });
      else {
        if (isAuth(request, 'path')) observer.gatewayNotExpected(DOOR, peerOf(request));
        calls.routing(request, response);
      }
    },
    onUnreadable: (error, socket) => {
      if (mode === 'path' && OF_REQUEST_LINE.has(error.code)) void auth.refuse(socket, mode);
      else answerClientError(error, socket);
    },
  });
  return {
    address: open.address,
    reconfigure: (next) => {
      ({ mode, certificateFrom } = next);
      open.reconfigure(next);
    },
    close: async (limitMs) => {
      await open.close(limitMs);
      await calls.close();
    },
  };
}

/** Node's errors about a method and a target, which in mode `path` are the client's own. */
const OF_REQUEST_LINE: ReadonlySet<string | undefined> = new Set([
  'HPE_INVALID_METHOD',
  'HPE_INVALID_URL',
  'HPE_INVALID_CONSTANT',
  'HPE_INVALID_VERSION',
]);

/** How the gateway of the listener describes a request. */
type Terms = Pick<Listener, 'certificateFrom'> & { readonly mode: ForwardAuthMode };

/** Answers requests to `/auth`. */
class Auth {
  private readonly parts: VerifyParts;
  private readonly addresses: ClientAddresses;
  private readonly isUnixSocket: boolean;

  constructor(parts: VerifyParts, addresses: ClientAddresses, isUnixSocket: boolean) {
    this.parts = parts;
    this.addresses = addresses;
    this.isUnixSocket = isUnixSocket;
  }

  async answer(request: IncomingMessage, response: ServerResponse, terms: Terms): Promise<void> {
    const { mode } = terms;
    const gateway = this.parts.gateway();
    try {
      write(response, await this.decide(request, terms, gateway));
    } catch (error) {
      this.parts.failed(error);
      const denial = deny('unavailable', undefined, 'internal error');
      write(response, encodeAuth(denial, mode, gateway.headers, NOTHING_SHOWN));
    }
    discardBody(request);
  }

  /** Denies a request whose method or target Node cannot parse. */
  async refuse(socket: Socket, mode: ForwardAuthMode): Promise<void> {
    const { decider, headers } = this.parts.gateway();
    const { status, fields, body } = encodeAuth(await decider.decide(UNREADABLE), mode, headers, NOTHING_SHOWN);
    endWith(socket, status, fields, body);
  }

  private async decide(
    message: IncomingMessage,
    { mode, certificateFrom }: Terms,
    gateway: Gateway,
  ): Promise<AuthAnswer> {
    const { decider, headers, wantedFields, credentialFields, trustedProxies, maxStalenessMs } = gateway;
    const peer = this.isUnixSocket ? undefined : message.socket.remoteAddress;
    // The permissions of a Unix socket say who may connect.
    const isTrusted = this.isUnixSocket || isProxy(peer, trustedProxies);
    if (!isTrusted) this.parts.observer.gatewayNotTrusted(DOOR, peerOf(message));
    const decoded = decodeAuth(message, {
      mode,
      certificateFrom,
      isTrusted,
      isDisguised: (name) => headers.isDisguised(name),
      wantedFields,
      credentialFields,
      client: (forwardedFor) => this.addresses.readTrusted(peer, forwardedFor),
    });
    const askedAtMs = this.parts.clock.wallMs();
    const decision = await decider.decide(decoded.request);
    const notice = clientFields(decoded.request, decision, gateway);
    // No other gateway reads the field. An answer that fits this request alone is not kept.
    const isKept = decision.outcome === 'allow' && mode === 'nginx' && notice.length + decoded.disguised.length === 0;
    const caching = cacheFields(isKept ? decision.keepMs : 0, askedAtMs, maxStalenessMs);
    return encodeAuth(decision, mode, headers, decoded, notice, caching);
  }
}

function peerOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? 'unknown';
}

function write(response: ServerResponse, { status, fields, body }: AuthAnswer): void {
  // Node omits the body for HEAD.
  response.writeHead(status, [...fields]).end(body);
}
