import { canRotate } from '../../../tokens/rotation.ts';
import type { TokenView } from '../../../tokens/token-views.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { tokenPath } from '../paths.ts';
import { timestamp } from '../times.ts';
import { kindOf, nameOf, scopeList, statusOf } from './token-words.ts';

export interface TokenPage {
  readonly token: TokenView;
  /** The owner, which may also have revoked it. */
  readonly accountId: string;
  readonly notice: string | undefined;
  readonly nowSeconds: number;
}

/** Returns the page with a token's record, which does not contain the token itself. */
export function tokenPage({ token, accountId, notice, nowSeconds }: TokenPage): Page {
  const body = html`
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
${facts(token, nowSeconds)}
${revocation(token, accountId, nowSeconds)}
<p class="actions">
${canRotate(token) && html`<a class="button" href="${tokenPath(token.id, 'rotate')}">Rotate</a>`}
${token.status === 'active' && html`<a class="button danger" href="${tokenPath(token.id, 'revoke')}">Revoke</a>`}
</p>`;
  return { kind: 'page', status: 200, title: nameOf(token), body, isLoggedIn: true };
}

function facts(token: TokenView, nowSeconds: number): Html {
  const { id, scopes, createdAtSeconds, expiresAtSeconds, lastUsedAtSeconds, successor, keyHash, refreshes } = token;
  const lastUsed = lastUsedAtSeconds === undefined ? 'never' : timestamp(lastUsedAtSeconds, nowSeconds);
  return html`<dl>
<div><dt>Status</dt><dd>${statusOf(token, nowSeconds)}</dd></div>
<div><dt>Kind</dt><dd>${kindOf(token)}</dd></div>
<div><dt>Id</dt><dd><code>${id}</code></dd></div>
${keyHash !== undefined && html`<div><dt>SHA-256</dt><dd><code>${keyHash}</code></dd></div>`}
${refreshes !== undefined && html`<div><dt>Refreshed</dt><dd>${refreshes === 1 ? 'once' : `${refreshes} times`}</dd></div>`}
<div><dt>Scopes</dt><dd>${scopeList(scopes)}</dd></div>
<div><dt>Created</dt><dd>${timestamp(createdAtSeconds, nowSeconds)}</dd></div>
<div><dt>Expires</dt><dd>${timestamp(expiresAtSeconds, nowSeconds)}</dd></div>
<div><dt>Last used</dt><dd>${lastUsed} <small>updated within a minute</small></dd></div>
${successor !== undefined && html`<div><dt>Rotated to</dt><dd><a href="${tokenPath(successor)}"><code>${successor}</code></a></dd></div>`}
</dl>`;
}

function revocation({ ending }: TokenView, accountId: string, nowSeconds: number): Html | false {
  if (ending === undefined) return false;
  const { atSeconds, by, reason } = ending;
  return html`<h2>Revocation</h2><dl>
${atSeconds !== undefined && html`<div><dt>Time</dt><dd>${timestamp(atSeconds, nowSeconds)}</dd></div>`}
${by !== undefined && html`<div><dt>By</dt><dd><bdi>${by === accountId ? 'this account' : by}</bdi></dd></div>`}
${reason !== undefined && html`<div><dt>Reason</dt><dd><bdi>${reason}</bdi></dd></div>`}
</dl>`;
}
