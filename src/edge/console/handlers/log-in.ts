import { answerTo, messageFor } from '../../../core/answer.ts';
import { deny } from '../../../core/decision.ts';
import type { LogInRefused } from '../../../tokens/log-in.ts';
import { clearedCookie, sessionCookie } from '../cookie.ts';
import { decodeLogIn } from '../decode.ts';
import { deviceCookie } from '../device-cookie.ts';
import type { PageRequest, Reply, SessionRequest } from '../page-request.ts';
import { actorOf, redirect } from '../page-request.ts';
import { notLoggedOut } from '../pages/error-page.ts';
import { logInPage } from '../pages/log-in.ts';
import { logInPath, noticeOf } from '../paths.ts';
import { HOME } from '../route.ts';
import { retryTime } from '../times.ts';

export function showLogIn({ query }: PageRequest): Reply {
  return logInPage({ notice: noticeOf(query) });
}

/** Logs in as `POST /v1/login` does, with the same messages. The token becomes the session. */
export async function logIn({ form, services, client, deviceProof }: PageRequest): Promise<Reply> {
  const decoded = decodeLogIn(form);
  if (!decoded.ok) return logInPage({ status: 400, refusal: 'name and password are required' });
  const { name, password } = decoded.form;
  // A login token manages tokens without a scope. Without scopes it fits into a cookie, however many the account has.
  const result = await services.logIn.logIn(name, password, client, { scopes: [], deviceProof });
  if (result.outcome === 'refused') {
    return refuse(result, name);
  }
  const { accessToken, expiresAtSeconds, createdAtSeconds } = result;
  const session = sessionCookie(accessToken, expiresAtSeconds - createdAtSeconds);
  return redirect(HOME, { 'set-cookie': [session, deviceCookie(result.deviceProof)] });
}

function refuse({ reason, check, ...refusal }: LogInRefused, name: string): Reply {
  const denial = { ...deny(reason, undefined, check), retryAfterSeconds: refusal.retryAfterSeconds };
  const { status, challenges, retryAfterSeconds } = answerTo(denial);
  const headers = {
    ...(challenges.length > 0 && { 'www-authenticate': challenges.join(', ') }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  };
  const when = retryAfterSeconds === undefined ? '' : `: try again ${retryTime(retryAfterSeconds)}`;
  return logInPage({ status, headers, refusal: `${messageFor(denial)}${when}`, name });
}

/** Ends the token of the session as well, so that a copy of the cookie is worth nothing. */
export async function logOut(visit: SessionRequest): Promise<Reply> {
  const { services, session } = visit;
  // The store may have lost the record of this token, which is valid.
  const result = await services.ownTokenRevocation.revokeUnlisted(session.tokenId, actorOf(visit), 'logged out');
  if (result.outcome === 'too many') return notLoggedOut(result);
  return redirect(logInPath('logged-out'), { 'set-cookie': clearedCookie() });
}
