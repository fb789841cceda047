import type { TokenForm } from '../../../tokens/token.ts';
import type { IssuedToken } from '../../../tokens/token-mint.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { tokenPath } from '../paths.ts';
import { timestamp } from '../times.ts';

export interface IssuedPage {
  readonly token: IssuedToken;
  readonly name: string;
  readonly form: TokenForm;
  /** The gateway's origin, for the example. */
  readonly origin: string;
  readonly nowSeconds: number;
  /** After a rotation, the seconds for which the replaced token stays valid. */
  readonly overlapSeconds?: number;
}

/** Returns the only page that shows a token. */
export function issuedPage({ token, name, form, origin, nowSeconds, overlapSeconds }: IssuedPage): Page {
  const { id, accessToken, expiresAtSeconds } = token;
  const body = html`
<p class="notice" role="status">Copy the token now. It will not be shown again.</p>
<p>The token <a href="${tokenPath(id)}"><bdi>${name}</bdi></a> expires on ${timestamp(expiresAtSeconds, nowSeconds)}.
${overlapSeconds !== undefined && oldToken(overlapSeconds, nowSeconds)}</p>
<label for="token">Token</label>
<textarea id="token" class="secret" readonly rows="${form === 'key' ? '1' : '5'}" spellcheck="false" autocomplete="off">${accessToken}</textarea>
<p><button type="button" data-copy="token" data-status="copied" hidden>Copy the token</button>
<span id="copied" role="status"></span></p>
<h2>Try it</h2>
<p>Anyone who has the token can use it. These commands prompt for it and keep it out of the shell’s history:</p>
<pre id="example" tabindex="0"><code>read -rs TOKEN
curl -H "Authorization: Bearer $TOKEN" ${origin}/v1/scopes</code></pre>`;
  return { kind: 'page', status: 200, title: 'Your new token', body, isLoggedIn: true, isShownOnce: true };
}

function oldToken(overlapSeconds: number, nowSeconds: number) {
  return overlapSeconds === 0
    ? 'The old token is revoked.'
    : html`The old token stays valid until ${timestamp(nowSeconds + overlapSeconds, nowSeconds)}.`;
}
