import type { Decider } from '../core/ports.ts';
import type { UpstreamHeaderWriter } from '../core/upstream/upstream-headers.ts';
import type { ResponseFields } from './basic-notice.ts';

/** What one configuration provides for the doors of gateways. */
export interface Gateway {
  readonly decider: Decider;
  readonly headers: UpstreamHeaderWriter;
  /** CIDR ranges and addresses of the proxies whose `X-Forwarded-*` is trusted. */
  readonly trustedProxies: readonly string[];
  /** Response fields for clients that use Basic on routes. */
  readonly basicNotice: ResponseFields;
  /** The bound of the promise (`revocation.maxStaleness`). */
  readonly maxStalenessMs: number;
}
