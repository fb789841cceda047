import { canRotate } from '../../../tokens/rotation.ts';
import type { TokenView } from '../../../tokens/token-views.ts';
import { clearedCookie } from '../cookie.ts';
import { decodeRotate } from '../decode.ts';
import { doOnce } from '../once.ts';
import { ownToken } from '../own-token.ts';
import type { Reply, SessionRequest } from '../page-request.ts';
import { actorOf, redirect } from '../page-request.ts';
import { noSuchToken, notNow, stillRunning } from '../pages/error-page.ts';
import { issuedPage } from '../pages/issued.ts';
import { rotatePage } from '../pages/rotate.ts';
import { logInPath, tokenPath } from '../paths.ts';
import { authorityOf } from '../session.ts';

export async function showRotate(visit: SessionRequest): Promise<Reply> {
  const token = await ownToken(visit);
  if (token === undefined) return noSuchToken();
  return canRotate(token) ? rotatePage({ token, form: visit.form, nowSeconds: visit.nowSeconds }) : toTokenPage(token);
}

export async function rotate(visit: SessionRequest): Promise<Reply> {
  const { session, services, form, nowSeconds, origin } = visit;
  const token = await ownToken(visit);
  if (token === undefined) return noSuchToken();
  const decoded = decodeRotate(form, nowSeconds);
  if (!decoded.ok) return rotatePage({ token, form, nowSeconds, errors: decoded.errors });
  const { expires_at: expiresAtSeconds, overlap: overlapSeconds } = decoded.form;
  const rotator = { ...session, authority: authorityOf(session), use: 'login', managesTokens: true } as const;
  const request = { expiresAtSeconds, overlapSeconds };
  const result = await doOnce(visit, (assigned) =>
    services.rotation.rotate(actorOf(visit), token.id, rotator, request, assigned),
  );
  switch (result.outcome) {
    case 'not_found':
    case 'not_allowed':
      return noSuchToken();
    case 'no_authority':
      return redirect(logInPath('ended'), { 'set-cookie': clearedCookie() });
    case 'clock_behind':
      return notNow(result);
    case 'conflict':
      return notRotated(visit, result.message);
    case 'key_reused':
      return toTokenPage(token);
    case 'in_progress':
      return stillRunning();
    case 'refused':
      return rotatePage({ token, form, nowSeconds, errors: result.errors });
    case 'issued':
      return issuedPage({
        token: result,
        name: result.name ?? result.id,
        form: result.form,
        origin,
        nowSeconds,
        overlapSeconds,
      });
  }
}

/** Shows why a token was not rotated. If a rotation was interrupted, the token's own page would not say it. */
async function notRotated(visit: SessionRequest, message: string): Promise<Reply> {
  const { form, nowSeconds } = visit;
  const token = await ownToken(visit);
  if (token === undefined) return noSuchToken();
  return canRotate(token)
    ? rotatePage({ token, form, nowSeconds, errors: [{ field: 'overlap', message }] })
    : toTokenPage(token);
}

/** Leads to the token's page, which shows why it cannot be rotated. */
function toTokenPage({ id }: TokenView): Reply {
  return redirect(tokenPath(id));
}
