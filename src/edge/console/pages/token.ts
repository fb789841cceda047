import { canRotate } from '../../../tokens/rotation.ts';
import type { TokenView } from '../../../tokens/token-views.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { tokenPath } from '../paths.ts';
import { moment } from '../times.ts';
import { KINDS, nameOf, scopeList, statusOf } from './token-words.ts';

export interface TokenPage {
  readonly token: TokenView;
  /** Whose it is, and who may have ended it. */
  readonly accountId: string;
  readonly notice: string | undefined;
  readonly nowSeconds: number;
}

/** All that is known of a token, which is never the token itself. */
export function tokenPage({ token, accountId, notice, nowSeconds }: TokenPage): Page {
  const body = html`
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
${facts(token, nowSeconds)}
${ended(token, accountId, nowSeconds)}
<p class="actions">
${canRotate(token) && html`<a class="button" href="${tokenPath(token.id, 'rotate')}">Rotate</a>`}
${token.status === 'active' && html`<a class="button danger" href="${tokenPath(token.id, 'revoke')}">Revoke</a>`}
</p>`;
  return { kind: 'page', status: 200, title: nameOf(token), body, isMembers: true };
}

function facts(token: TokenView, nowSeconds: number): Html {
  const { id, use, scopes, createdAtSeconds, expiresAtSeconds, lastUsedAtSeconds, successor } = token;
  const lastUsed = lastUsedAtSeconds === undefined ? 'never' : moment(lastUsedAtSeconds, nowSeconds);
  return html`<dl>
<div><dt>Status</dt><dd>${statusOf(token, nowSeconds)}</dd></div>
<div><dt>Kind</dt><dd>${KINDS[use]}</dd></div>
<div><dt>Id</dt><dd><code>${id}</code></dd></div>
<div><dt>Scopes</dt><dd>${scopeList(scopes)}</dd></div>
<div><dt>Created</dt><dd>${moment(createdAtSeconds, nowSeconds)}</dd></div>
<div><dt>Ends</dt><dd>${moment(expiresAtSeconds, nowSeconds)}</dd></div>
<div><dt>Last used</dt><dd>${lastUsed} <small>up to a minute behind</small></dd></div>
${successor !== undefined && html`<div><dt>Rotated to</dt><dd><a href="${tokenPath(successor)}"><code>${successor}</code></a></dd></div>`}
</dl>`;
}

function ended({ ending }: TokenView, accountId: string, nowSeconds: number): Html | false {
  if (ending === undefined) return false;
  const { atSeconds, by, reason } = ending;
  return html`<h2>Its end</h2><dl>
${atSeconds !== undefined && html`<div><dt>When</dt><dd>${moment(atSeconds, nowSeconds)}</dd></div>`}
${by !== undefined && html`<div><dt>By</dt><dd><bdi>${by === accountId ? 'this account' : by}</bdi></dd></div>`}
${reason !== undefined && html`<div><dt>Why</dt><dd><bdi>${reason}</bdi></dd></div>`}
</dl>`;
}
