import type { Listener } from '../../config/config.ts';
import type { Health } from '../../observe/health.ts';
import type { ForwardingObserver } from '../client-address.ts';
import type { Gateway } from '../gateway.ts';
import type { HandshakeObserver } from '../listening.ts';
import type { CheckParts } from './check-service.ts';

/** The service that Envoy calls. */
export const EXT_AUTHZ = 'envoy.service.auth.v3.Authorization';

export interface ExtAuthzParts extends CheckParts {
  /** The source of `grpc.health.v1`. */
  readonly health: Pick<Health, 'follow'>;
  readonly observer: HandshakeObserver & ForwardingObserver;
}

/** An open door, whatever transport it has. */
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

/** What decides the checks of a warm-up, which nothing observes. */
export function unobservedParts(gateway: Gateway): CheckParts {
  return { gateway: () => gateway, failed: () => {}, observer: { forwardedForIgnored: () => {} } };
}
