import type { ExtAuthzListener } from '../../config/config.ts';
import type { Health } from '../../observe/health.ts';
import type { ForwardingObserver } from '../client-address.ts';
import type { Gateway } from '../gateway.ts';
import type { HandshakeObserver } from '../listening.ts';
import type { CheckParts } from './check-service.ts';

/** The service that Envoy calls. */
export const EXT_AUTHZ = 'envoy.service.auth.v3.Authorization';

export const CHECK_PATH = `/${EXT_AUTHZ}/Check`;

/** Learns what happens on the connections of the fast transport. */
export interface TransportObserver {
  /** The transport is in use, with these limits and causes, which are to be counted from 0. */
  begin(limits: readonly string[], causes: readonly string[]): void;
  connectionOpened(): void;
  /** @param wasLeaving whether its client had been asked to leave. */
  connectionClosed(wasLeaving: boolean): void;
  /** A client was asked to leave a connection. */
  draining(cause: string): void;
  /** A client gave up a call that was not answered. */
  cancelled(): void;
  /** @param limit its key under `listen.extAuthz.limits`. @param isClosed whether its connection was closed. */
  limitReached(limit: string, client: string | undefined, isClosed: boolean): void;
  /** @param code of RFC 9113, section 7. */
  protocolError(code: number, detail: string, client: string | undefined): void;
}

export interface ExtAuthzParts extends CheckParts {
  /** The source of `grpc.health.v1`. */
  readonly health: Pick<Health, 'follow'>;
  readonly observer: HandshakeObserver & ForwardingObserver;
  readonly transport: TransportObserver;
}

/** An open door, whatever transport it has. */
export interface ExtAuthzDoor {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /**
   * Takes up another certificate, other limits and another age, for the connections from now on. The address, the
   * transport and whether there is TLS stay.
   */
  reconfigure(listener: ExtAuthzListener): void;
  /**
   * Has a gateway decide checks with these `Authorization` values, as real ones: what a first check needs is loaded and
   * compiled then. They use a connection in memory and a server of their own, which nothing observes. Never rejects.
   */
  warmUp(gateway: Gateway, authorizations: readonly string[]): Promise<void>;
  /** Stops listening and lets running checks finish, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

/** What decides the checks of a warm-up, which nothing observes. */
export function unobservedParts(gateway: Gateway): CheckParts {
  return { gateway: () => gateway, failed: () => {}, observer: { forwardedForIgnored: () => {} } };
}
