import type { FieldError } from '../../../core/answer.ts';
import { clearedCookie } from '../cookie.ts';
import { decodeCreate } from '../decode.ts';
import { doOnce, USED_FORM } from '../once.ts';
import type { Reply, SessionRequest } from '../page-request.ts';
import { actorOf, redirect } from '../page-request.ts';
import { createPage } from '../pages/create.ts';
import { notNow, stillRunning } from '../pages/error-page.ts';
import { issuedPage } from '../pages/issued.ts';
import { logInPath, tokenPath } from '../paths.ts';
import { authorityOf } from '../session.ts';

/** After a reload that took the API keys out of the configuration. */
const NO_KEYS: readonly FieldError[] = [{ field: 'form', message: 'there are no API keys any more; create a JWT' }];

export async function showCreate(visit: SessionRequest): Promise<Reply> {
  return showForm(visit);
}

export async function create(visit: SessionRequest): Promise<Reply> {
  const { session, services, form, nowSeconds, origin } = visit;
  const decoded = decodeCreate(form, nowSeconds);
  if (!decoded.ok) return showForm(visit, decoded.errors);
  const { name, scopes, expires_at: expiresAtSeconds, form: tokenForm } = decoded.form;
  const request = { name, scopes, expiresAtSeconds, form: tokenForm };
  const result = await doOnce(visit, (assigned) =>
    services.privateTokens.create(actorOf(visit), authorityOf(session), request, assigned),
  );
  switch (result.outcome) {
    case 'no_authority':
      return redirect(logInPath('ended'), { 'set-cookie': clearedCookie() });
    case 'clock_behind':
      return notNow(result);
    case 'refused':
      return showForm(visit, result.errors);
    case 'no_keys':
      return showForm(visit, NO_KEYS);
    case 'shown_once':
      return redirect(tokenPath(result.id));
    case 'key_reused':
      return showForm(visit, USED_FORM);
    case 'in_progress':
      return stillRunning();
    case 'issued':
      return issuedPage({ token: result, name, form: tokenForm, origin, nowSeconds });
  }
}

/** Shows the form with the scopes that the account can give a token now. */
async function showForm(
  { session, services, form, nowSeconds }: SessionRequest,
  errors?: readonly FieldError[],
): Promise<Reply> {
  const account = await services.accountStore.findById(session.accountId);
  const { rules, catalogue, keyPrefix } = services;
  const scopes = rules.offered(new Set(account?.scopes));
  const maxTtlSeconds = (scope: string): number => rules.maxTtlSeconds([scope]);
  return createPage({ scopes, catalogue, keyPrefix, maxTtlSeconds, form, nowSeconds, ...(errors && { errors }) });
}
