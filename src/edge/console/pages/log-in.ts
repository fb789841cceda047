import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { logInPath } from '../paths.ts';

export interface LogInPage {
  readonly status?: number;
  readonly headers?: Page['headers'];
  /** What the user did before. */
  readonly notice?: string | undefined;
  /** Why the log-in was refused. */
  readonly refusal?: string;
  readonly name?: string;
}

export function logInPage({ status = 200, headers = {}, notice, refusal, name = '' }: LogInPage): Page {
  const focus = html` autofocus`;
  const body = html`
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
${refusal !== undefined && html`<p class="error sentence" role="alert" id="refusal">${refusal}</p>`}
<form class="narrow" method="post" action="${logInPath()}">
<label>Name or e-mail
<input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${name}"${name === '' && focus}></label>
<label>Password
<input name="password" type="password" autocomplete="current-password" required${name !== '' && focus}></label>
<button>Log in</button>
</form>
<p class="hint">You stay logged in for an hour.</p>`;
  return { kind: 'page', status, title: 'Log in', body, isLoggedIn: false, headers };
}
