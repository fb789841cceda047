import type { FastifyRequest } from 'fastify';
import type { Deny } from '../../core/decision.ts';
import type { Decider } from '../../core/ports.ts';
import type { AccessRequest } from '../../core/request.ts';
import { readCookie } from './cookie.ts';

/** Somebody who is logged in. */
export interface Session {
  readonly accountId: string;
  /** `jti` of the login token. */
  readonly tokenId: string;
}

/** `none` where nobody is logged in (any more); a denial where that, or the path, cannot be judged. */
export async function findSession(request: FastifyRequest, decider: Decider): Promise<Session | 'none' | Deny> {
  const token = readCookie(request.headers.cookie);
  if (token === undefined) return 'none';
  const decision = await decider.decide(question(request, token));
  if (decision.outcome === 'deny') return isAboutTheToken(decision) ? 'none' : decision;
  const { identity, use } = decision.credential ?? {};
  // Another kind of token was put there by hand: a session begins with a password.
  if (use !== 'login' || identity?.subject === undefined || identity.tokenId === undefined) return 'none';
  return { accountId: identity.subject, tokenId: identity.tokenId };
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
