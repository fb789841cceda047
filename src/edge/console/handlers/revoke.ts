import { decodeRevoke } from '../decode.ts';
import { ownToken } from '../own-token.ts';
import type { Reply, SessionRequest } from '../page-request.ts';
import { actorOf, redirect } from '../page-request.ts';
import { noSuchToken } from '../pages/error-page.ts';
import { revokePage } from '../pages/revoke.ts';
import { tokenPath } from '../paths.ts';

export async function showRevoke(visit: SessionRequest): Promise<Reply> {
  const token = await ownToken(visit);
  if (token === undefined) return noSuchToken();
  if (token.status !== 'active') return redirect(tokenPath(token.id));
  return revokePage({ token, form: visit.form, isOwnSession: token.id === visit.session.tokenId });
}

export async function revoke(visit: SessionRequest): Promise<Reply> {
  const { session, services, form } = visit;
  const token = await ownToken(visit);
  if (token === undefined) return noSuchToken();
  const decoded = decodeRevoke(form);
  const isOwnSession = token.id === session.tokenId;
  if (!decoded.ok) return revokePage({ token, form, isOwnSession, errors: decoded.errors });
  const reason = decoded.form.reason === '' ? undefined : decoded.form.reason;
  const { outcome } = await services.ownTokenRevocation.revoke(token.id, actorOf(visit), reason);
  if (outcome === 'not_found') return noSuchToken();
  return redirect(tokenPath(token.id, undefined, 'revoked'));
}
