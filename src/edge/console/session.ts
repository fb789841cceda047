import type { FastifyRequest } from 'fastify';
import type { Authority } from '../../accounts/authority.ts';
import type { Deny } from '../../core/decision.ts';
import type { AccessRequest } from '../../core/request.ts';
import { readCookie } from './cookie.ts';
import type { ConsoleUseCases } from './use-cases.ts';

/** Somebody who is logged in. */
export interface Session {
  readonly accountId: string;
  /** `jti` of the login token. */
  readonly tokenId: string;
  /** Where something was posted: what it makes must not outlast this. */
  readonly authority: Authority | undefined;
}

/**
 * `none` where nobody is logged in (any more); a denial where that, or the path, cannot be judged. {@link Authorities}
 * explains the order.
 */
export async function findSession(
  request: FastifyRequest,
  { decider, authorities }: Pick<ConsoleUseCases, 'decider' | 'authorities'>,
): Promise<Session | 'none' | Deny> {
  const token = readCookie(request.headers.cookie);
  if (token === undefined) return 'none';
  const atSeconds = authorities.nowSeconds();
  const decision = await decider.decide(question(request, token));
  if (decision.outcome === 'deny') return isAboutTheToken(decision) ? 'none' : decision;
  const { credential } = decision;
  // Another kind of token was put there by hand: a session begins with a password.
  if (credential?.use !== 'login') return 'none';
  const { subject, tokenId } = credential.identity;
  if (subject === undefined || tokenId === undefined) return 'none';
  if (request.method !== 'POST') return { accountId: subject, tokenId, authority: undefined };
  const authority = await authorities.of(credential, atSeconds);
  return authority === undefined ? 'none' : { accountId: subject, tokenId, authority };
}

/** The authority of a session in which something was posted. */
export function authorityOf({ authority }: Session): Authority {
  if (authority === undefined) throw new Error('something is made without having been posted');
  return authority;
}

/** An Authorization field is no session: here the cookie alone says who it is. */
function question(request: FastifyRequest, token: string): AccessRequest {
  const { method, host, raw } = request;
  const path = raw.url ?? '';
  return { door: 'tokens', method, host, path, authorization: `Bearer ${token}`, fromBrowser: true };
}

function isAboutTheToken({ reason }: Deny): boolean {
  return !['unavailable', 'too_many_attempts', 'path_rejected', 'route_denied'].includes(reason);
}
