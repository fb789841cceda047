import type { FastifyRequest } from 'fastify';
import type { Authority } from '../../accounts/authority.ts';
import type { Deny } from '../../core/decision.ts';
import type { AccessRequest } from '../../core/request.ts';
import { correlationOf } from '../http/call-access.ts';
import { readCookie } from './cookie.ts';
import type { ConsoleUseCases } from './use-cases.ts';

/** A session: an account that is logged in. */
export interface Session {
  readonly accountId: string;
  /** `jti` of the login token. */
  readonly tokenId: string;
  /** Set for a POST: what it changes must not take effect once this authority has ended. */
  readonly authority: Authority | undefined;
}

/**
 * Resolves to the session; to `none` without a valid login token; to a denial if the token cannot be checked or the path
 * is refused. {@link Authorities} explains the order.
 */
export async function findSession(
  request: FastifyRequest,
  { decider, authorities }: Pick<ConsoleUseCases, 'decider' | 'authorities'>,
): Promise<Session | 'none' | Deny> {
  const token = readCookie(request.headers.cookie);
  if (token === undefined) return 'none';
  const atSeconds = authorities.nowSeconds();
  const decision = await decider.decide(accessRequest(request, token));
  if (decision.outcome === 'deny') return isAboutTheToken(decision) ? 'none' : decision;
  const { credential } = decision;
  // A session begins with a password. Another kind of token was put into the cookie by hand.
  if (credential?.use !== 'login') return 'none';
  const { subject, tokenId } = credential.identity;
  if (subject === undefined || tokenId === undefined) return 'none';
  if (request.method !== 'POST') return { accountId: subject, tokenId, authority: undefined };
  const authority = await authorities.of(credential, atSeconds);
  return authority === undefined ? 'none' : { accountId: subject, tokenId, authority };
}

/** Returns the authority of a session, for a POST. */
export function authorityOf({ authority }: Session): Authority {
  if (authority === undefined) throw new Error('only a POST has an authority');
  return authority;
}

/** Returns the access request for the cookie's token. The request's own Authorization field is ignored. */
function accessRequest(request: FastifyRequest, token: string): AccessRequest {
  const { method, host, raw } = request;
  const call = { method, host, path: raw.url ?? '', client: () => request.client, ...correlationOf(request) };
  return { door: 'tokens', ...call, authorization: `Bearer ${token}`, fromBrowser: true };
}

function isAboutTheToken({ reason }: Deny): boolean {
  return !['unavailable', 'too_many_attempts', 'path_rejected', 'route_denied'].includes(reason);
}
