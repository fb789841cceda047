import type { FieldError } from '../../../core/answer.ts';
import type { TokenView } from '../../../tokens/token-views.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { tokenPath } from '../paths.ts';
import { formPage, markInvalid } from './form-errors.ts';
import { nameOf, scopeList } from './token-words.ts';

export interface RevokePage {
  readonly token: TokenView;
  /** As it was filled in before. */
  readonly form: URLSearchParams;
  /** Whether it is the token of this session. */
  readonly isOwnSession: boolean;
  readonly errors?: readonly FieldError[];
}

/** Asks once more; what is revoked stays so. */
export function revokePage({ token, form, isOwnSession, errors = [] }: RevokePage): Page {
  const content = html`<p>The token <b><bdi>${nameOf(token)}</bdi></b> will not count any more, everywhere, and this cannot be undone.</p>
${successorNote(token)}
${isOwnSession && html`<p><b>It is your session: you will be logged out.</b></p>`}
<p>What used it may then not do this any more: ${scopeList(token.scopes)}</p>
<form method="post" action="${tokenPath(token.id, 'revoke')}">
<label>Reason <small>may be left empty; it is shown with the token</small>
<input name="reason" maxlength="500" autocomplete="off" value="${form.get('reason') ?? ''}"${markInvalid(errors, 'reason')}></label>
<p class="actions"><button class="danger">Revoke the token</button> <a class="button quiet" href="${tokenPath(token.id)}">Keep it</a></p>
</form>`;
  return formPage('Revoke this token?', errors, content);
}

/** Each token is its own: who means "the token" may mean both. */
function successorNote({ successor }: TokenView): Html | false {
  if (successor === undefined) return false;
  const link = html`<a href="${tokenPath(successor)}"><code>${successor}</code></a>`;
  return html`<p><b>It was rotated: its successor ${link} goes on.</b> If somebody else may have that, revoke it as well.</p>`;
}
