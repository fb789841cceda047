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
  /** The values that were sent before. */
  readonly form: URLSearchParams;
  /** Whether this is the token of the current session. */
  readonly isOwnSession: boolean;
  readonly errors?: readonly FieldError[];
}

/** Returns the page that asks for confirmation, because a revocation cannot be undone. */
export function revokePage({ token, form, isOwnSession, errors = [] }: RevokePage): Page {
  const content = html`<p>The token <b><bdi>${nameOf(token)}</bdi></b> will stop working everywhere. This cannot be undone.</p>
${successorNote(token)}
${isOwnSession && html`<p><b>This is the token of your current session: you will be logged out.</b></p>`}
<p>Whatever uses it will lose these scopes: ${scopeList(token.scopes)}</p>
<form method="post" action="${tokenPath(token.id, 'revoke')}">
<label>Reason <small>optional; shown with the token</small>
<input name="reason" maxlength="500" autocomplete="off" value="${form.get('reason') ?? ''}"${markInvalid(errors, 'reason')}></label>
<p class="actions"><button class="danger">Revoke the token</button> <a class="button quiet" href="${tokenPath(token.id)}">Cancel</a></p>
</form>`;
  return formPage('Revoke this token?', errors, content);
}

/** Warns that a successor stays valid: the user may mean both tokens. */
function successorNote({ successor }: TokenView): Html | false {
  if (successor === undefined) return false;
  const link = html`<a href="${tokenPath(successor)}"><code>${successor}</code></a>`;
  return html`<p><b>This token was rotated, and its successor ${link} stays valid.</b> If that may be in the wrong hands, revoke it as well.</p>`;
}
