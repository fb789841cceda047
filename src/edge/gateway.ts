import type { CorsRule } from '../core/cors/cors-rule.ts';
import type { Decider } from '../core/ports.ts';
import type { NamedClaim, UpstreamHeaderWriter } from '../core/upstream/upstream-headers.ts';
import type { ResponseFields } from './basic-notice.ts';

/** What one configuration provides for the doors of gateways. */
export interface Gateway {
  readonly decider: Decider;
  readonly headers: UpstreamHeaderWriter;
  /** The claims that Envoy's dynamic metadata carries; none by default. */
  readonly metadata?: readonly NamedClaim[];
  /** The lower-case names of the header fields that doors pass on as `AccessRequest.fields`; usually empty. */
  readonly wantedFields: ReadonlySet<string>;
  /** Those of them that may hold a credential. */
  readonly credentialFields: ReadonlySet<string>;
  /** CIDR ranges and addresses of the proxies whose `X-Forwarded-*` is trusted. */
  readonly trustedProxies: readonly string[];
  /** What pages of other origins may read of answers to requests that match no route. */
  readonly cors?: CorsRule | undefined;
  /** Response fields for clients that use Basic on routes. */
  readonly basicNotice: ResponseFields;
  /**
   * Counts requests that the gateway let pass by kept answers, as it says itself. Ignores issuers and routes that the
   * configuration does not have. By default, nothing is counted.
   */
  readonly countKept?: ((issuer: string, route: string, passes: number) => void) | undefined;
  /** The bound of the promise (`revocation.maxStaleness`). */
  readonly maxStalenessMs: number;
}
