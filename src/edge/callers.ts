import type { Listener } from '../config/config.ts';
import type { Deny } from '../core/decision.ts';
import type { Decider, DecisionLimits } from '../core/ports.ts';
import type { AccessRequest } from '../core/request.ts';

/** Whether a caller was admitted. */
export type Admission = { readonly outcome: 'admitted' } | Deny;

const ADMITTED: Admission = { outcome: 'admitted' };

/**
 * Whether a connection to this listener proves by itself that the caller may call: by a client certificate, or by the
 * permissions of a Unix socket.
 */
export function provesCaller({ address, tls }: Pick<Listener, 'address' | 'tls'>): boolean {
  return 'path' in address || tls?.clientCa !== undefined;
}

/**
 * Admits the caller of an internal call. A credential that is sent must suffice, whatever the connection proves;
 * without one, the connection must prove the caller.
 *
 * @param call the call itself as a request, with the caller's own credential.
 * @param decider decides by `callerRoute` rules, and never in shadow.
 */
export async function admitCaller(
  call: AccessRequest,
  decider: Decider,
  isProven: boolean,
  limits?: DecisionLimits,
): Promise<Admission> {
  if (isProven && call.authorization === undefined) return ADMITTED;
  const decision = await decider.decide(call, limits);
  return decision.outcome === 'deny' ? decision : ADMITTED;
}
