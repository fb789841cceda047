import { canRotate } from '../../../tokens/rotation.ts';
import type { TokenView, TokenViewPage } from '../../../tokens/token-views.ts';
import { writeCursor } from '../../list-cursor.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { CREATE, tokenPath } from '../paths.ts';
import { HOME } from '../route.ts';
import { timestamp } from '../times.ts';
import { kindOf, nameOf, scopeList, statusOf } from './token-words.ts';

export interface TokensPage {
  readonly accountName: string;
  /** Whether all tokens are listed, and not only active ones other than log-ins. */
  readonly showsAll: boolean;
  readonly page: TokenViewPage;
  /** The tokens that expire within `soonDays`, by their expiry. */
  readonly expiringSoon: readonly TokenView[];
  /** Whether there may be more of these. */
  readonly mayMoreExpire: boolean;
  readonly soonDays: number;
  /** The token of the current session. */
  readonly sessionTokenId: string;
  /** Whether this is not the first page of the list. */
  readonly isLaterPage: boolean;
  readonly nowSeconds: number;
}

export function tokensPage(content: TokensPage): Page {
  const { accountName, page, showsAll, isLaterPage } = content;
  const listed = page.tokens.length === 0 ? empty(content) : table(content);
  const body = html`
<p>Account: <b><bdi>${accountName}</bdi></b></p>
${expiringSoon(content)}
<nav class="filter" aria-label="Filter">
<a href="${HOME}"${!showsAll && CURRENT}>In use</a>
<a href="${HOME}?show=all"${showsAll && CURRENT}>All, including log-ins and inactive tokens</a>
</nav>
${listed}
${(isLaterPage || page.next !== undefined) && pageLinks(content)}`;
  return { kind: 'page', status: 200, title: 'Tokens', body, isLoggedIn: true };
}

const CURRENT = html` aria-current="page"`;

function pageLinks({ showsAll, isLaterPage, page }: TokensPage): Html {
  return html`<nav class="pages" aria-label="Pages">
${isLaterPage && html`<a href="${HOME}${showsAll && '?show=all'}">Newest tokens</a>`}
${page.next !== undefined && html`<a rel="next" href="${HOME}?${query(showsAll, writeCursor(page.next))}">Older tokens</a>`}
</nav>`;
}

function query(showsAll: boolean, after: string): string {
  return new URLSearchParams({ ...(showsAll && { show: 'all' }), after }).toString();
}

function expiringSoon({ expiringSoon: tokens, mayMoreExpire, soonDays, nowSeconds }: TokensPage): Html | false {
  const items = tokens.map(
    (token) => html`<li><a href="${tokenPath(token.id)}"><bdi>${nameOf(token)}</bdi></a>
${timestamp(token.expiresAtSeconds, nowSeconds)}
<a class="button" href="${tokenPath(token.id, 'rotate')}">Rotate<span class="unseen"> ${nameOf(token)}</span></a></li>`,
  );
  return (
    (items.length > 0 || mayMoreExpire) &&
    html`<section class="soon" aria-labelledby="soon"><h2 id="soon">Expiring within ${soonDays} days</h2><ul>${items}</ul>
${mayMoreExpire && html`<p class="hint">More of the older tokens may expire soon.</p>`}</section>`
  );
}

function empty({ isLaterPage, page }: TokensPage): Html {
  if (page.next !== undefined)
    return html`<p class="empty">No matching tokens on this page. There are older tokens.</p>`;
  return isLaterPage
    ? html`<p class="empty">No more tokens.</p>`
    : html`<p class="empty">You have no tokens in use. <a href="${CREATE}">Create a token</a>.</p>`;
}

/** Names its ARIA roles: where a narrow screen shows the table as cards, browsers drop its table semantics. */
function table(content: TokensPage): Html {
  const heads = ['Name', 'Kind', 'Scopes', 'Created', 'Expires', 'Last used', 'Status', 'Actions'];
  return html`<table role="table">
<caption class="unseen">Tokens, the newest first</caption>
<thead role="rowgroup"><tr role="row">${heads.map((head) => html`<th role="columnheader" scope="col">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${content.page.tokens.map((token) => row(token, content))}</tbody>
</table>`;
}

function row(token: TokenView, { sessionTokenId, nowSeconds }: TokensPage): Html {
  const { id, scopes, createdAtSeconds, expiresAtSeconds, lastUsedAtSeconds, status } = token;
  const lastUsed = lastUsedAtSeconds === undefined ? 'never' : timestamp(lastUsedAtSeconds, nowSeconds);
  return html`<tr role="row" class="${status}">
<th role="rowheader" scope="row"><a href="${tokenPath(id)}"><bdi>${nameOf(token)}</bdi></a>${id === sessionTokenId && html` <small>this session</small>`}</th>
<td role="cell" data-head="Kind">${kindOf(token)}</td>
<td role="cell" data-head="Scopes">${scopeList(scopes)}</td>
<td role="cell" data-head="Created">${timestamp(createdAtSeconds, nowSeconds)}</td>
<td role="cell" data-head="Expires">${timestamp(expiresAtSeconds, nowSeconds)}</td>
<td role="cell" data-head="Last used">${lastUsed}</td>
<td role="cell" data-head="Status">${statusOf(token, nowSeconds)}</td>
<td role="cell" class="actions">${actions(token)}</td>
</tr>`;
}

function actions(token: TokenView): (Html | false)[] {
  const name = html`<span class="unseen"> ${nameOf(token)}</span>`;
  return [
    canRotate(token) && html`<a class="button" href="${tokenPath(token.id, 'rotate')}">Rotate${name}</a> `,
    token.status === 'active' &&
      html`<a class="button danger" href="${tokenPath(token.id, 'revoke')}">Revoke${name}</a>`,
  ];
}
