import type { Decision } from '../../core/decision.ts';
import type { Reason } from '../../core/reason.ts';
import type { AccessRequest, Door } from '../../core/request.ts';

/** The methods of RFC 9110 and RFC 5789. Any other may be a secret, and is named `_OTHER` as OpenTelemetry asks. */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
]);
const OTHER = '_OTHER';

/** What a span says of a decision: only words of the configuration and of closed lists, nothing that a client wrote. */
export interface DecisionFacts {
  readonly door: Door;
  /** `undefined` for a question about a scope. */
  readonly method: string | undefined;
  /** The pattern of the route, never the path; `undefined` if there is none. */
  readonly route: string | undefined;
  /** The scope of a route that was asked about. */
  readonly scope: string | undefined;
  /** `shadow`: it passed, although `reason` would have denied it. */
  readonly outcome: 'allow' | 'deny' | 'shadow';
  readonly reason: Reason | undefined;
  readonly scheme: 'bearer' | 'basic' | 'dpop' | undefined;
  /** The configured name of the issuer. */
  readonly issuer: string | undefined;
  /** Whether nothing had to be waited for. */
  readonly known: boolean;
}

/** @param known whether nothing had to be waited for. */
export function factsOf(request: AccessRequest, decision: Decision, known: boolean): DecisionFacts {
  const { door, method, scope } = request;
  const { route, credential } = decision;
  const denial = decision.outcome === 'deny' ? decision : decision.shadowed;
  const verified = denial?.credential ?? credential;
  const isScope = scope !== undefined;
  return {
    door,
    method: isScope ? undefined : METHODS.has(method) ? method : OTHER,
    route: isScope ? undefined : route?.pattern,
    scope: isScope ? route?.pattern : undefined,
    outcome: denial === undefined ? 'allow' : decision.outcome === 'deny' ? 'deny' : 'shadow',
    reason: denial?.reason,
    scheme: verified?.identity.scheme,
    issuer: denial?.issuer ?? verified?.identity.issuer,
    known,
  };
}
