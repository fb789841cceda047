import type { IssuedToken } from '../../../tokens/token-mint.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { tokenPath } from '../paths.ts';
import { moment } from '../times.ts';

export interface IssuedPage {
  readonly token: IssuedToken;
  readonly name: string;
  /** Where the gateway answers. */
  readonly origin: string;
  readonly nowSeconds: number;
  /** Seconds for which the token that it replaces goes on; `undefined` where it replaces none. */
  readonly overlapSeconds?: number;
}

/** The one page that shows a token. */
export function issuedPage({ token, name, origin, nowSeconds, overlapSeconds }: IssuedPage): Page {
  const { id, accessToken, expiresAtSeconds } = token;
  const body = html`
<p class="notice" role="status">Copy it now: this is the only time that it is shown.</p>
<p>The token <a href="${tokenPath(id)}"><bdi>${name}</bdi></a> ends ${moment(expiresAtSeconds, nowSeconds)}.
${overlapSeconds !== undefined && oldToken(overlapSeconds, nowSeconds)}</p>
<label for="token">Token</label>
<textarea id="token" class="secret" readonly rows="5" spellcheck="false" autocomplete="off">${accessToken}</textarea>
<p><button type="button" data-copy="token" data-said="copied" hidden>Copy the token</button>
<span id="copied" role="status"></span></p>
<h2>Try it</h2>
<p>Whoever has the token may do what it may do, so the shell asks for it and does not remember it:</p>
<pre id="example" tabindex="0"><code>read -rs TOKEN
curl -H "Authorization: Bearer $TOKEN" ${origin}/v1/scopes</code></pre>`;
  return { kind: 'page', status: 200, title: 'Your new token', body, isMembers: true, isShownOnce: true };
}

function oldToken(overlapSeconds: number, nowSeconds: number) {
  return overlapSeconds === 0
    ? 'The old one does not count any more.'
    : html`The old one counts until ${moment(nowSeconds + overlapSeconds, nowSeconds)}.`;
}
