import { canRotate } from '../../../tokens/rotation.ts';
import type { TokenView, TokenViewPage } from '../../../tokens/token-views.ts';
import { writeCursor } from '../../list-cursor.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { CREATE, tokenPath } from '../paths.ts';
import { HOME } from '../route.ts';
import { moment } from '../times.ts';
import { KINDS, nameOf, scopeList, statusOf } from './token-words.ts';

export interface TokensPage {
  readonly accountName: string;
  /** Every token, and not only those that count and are for use elsewhere. */
  readonly showsAll: boolean;
  readonly page: TokenViewPage;
  /** Which end within the next days, the first of them first. */
  readonly endingSoon: readonly TokenView[];
  /** Whether there may be more of these. */
  readonly endingMore: boolean;
  readonly soonDays: number;
  /** The token of this session. */
  readonly ownId: string;
  /** Whether newer ones were shown before. */
  readonly isFurther: boolean;
  readonly nowSeconds: number;
}

export function tokensPage(content: TokensPage): Page {
  const { accountName, page, showsAll, isFurther } = content;
  const listed = page.tokens.length === 0 ? empty(content) : table(content);
  const body = html`
<p>Of the account <b><bdi>${accountName}</bdi></b>.</p>
${endingSoon(content)}
<nav class="filter" aria-label="Which tokens">
<a href="${HOME}"${!showsAll && CURRENT}>In use</a>
<a href="${HOME}?show=all"${showsAll && CURRENT}>All, with log-ins and ended ones</a>
</nav>
${listed}
${(isFurther || page.next !== undefined) && turning(content)}`;
  return { kind: 'page', status: 200, title: 'Tokens', body, isMembers: true };
}

const CURRENT = html` aria-current="page"`;

function turning({ showsAll, isFurther, page }: TokensPage): Html {
  return html`<nav class="pages" aria-label="Pages">
${isFurther && html`<a href="${HOME}${showsAll && '?show=all'}">Newest tokens</a>`}
${page.next !== undefined && html`<a rel="next" href="${HOME}?${query(showsAll, writeCursor(page.next))}">Older tokens</a>`}
</nav>`;
}

function query(showsAll: boolean, after: string): string {
  return new URLSearchParams({ ...(showsAll && { show: 'all' }), after }).toString();
}

function endingSoon({ endingSoon: tokens, endingMore, soonDays, nowSeconds }: TokensPage): Html | false {
  const items = tokens.map(
    (token) => html`<li><a href="${tokenPath(token.id)}"><bdi>${nameOf(token)}</bdi></a>
${moment(token.expiresAtSeconds, nowSeconds)}
<a class="button" href="${tokenPath(token.id, 'rotate')}">Rotate<span class="unseen"> ${nameOf(token)}</span></a></li>`,
  );
  return (
    (items.length > 0 || endingMore) &&
    html`<section class="soon" aria-labelledby="soon"><h2 id="soon">End within ${soonDays} days</h2><ul>${items}</ul>
${endingMore && html`<p class="hint">There may be more of these among the older tokens.</p>`}</section>`
  );
}

function empty({ isFurther, page }: TokensPage): Html {
  if (page.next !== undefined) return html`<p class="empty">None of these so far. There are older tokens.</p>`;
  return isFurther
    ? html`<p class="empty">None of these.</p>`
    : html`<p class="empty">There is none yet. <a href="${CREATE}">Create a token</a>.</p>`;
}

/** With its roles written out: where a narrow screen shows it as cards, browsers forget that it is a table. */
function table(content: TokensPage): Html {
  const heads = ['Name', 'Kind', 'Scopes', 'Created', 'Ends', 'Last used', 'Status', 'Actions'];
  return html`<table role="table">
<caption class="unseen">Tokens, the newest first</caption>
<thead role="rowgroup"><tr role="row">${heads.map((head) => html`<th role="columnheader" scope="col">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${content.page.tokens.map((token) => row(token, content))}</tbody>
</table>`;
}

function row(token: TokenView, { ownId, nowSeconds }: TokensPage): Html {
  const { id, use, scopes, createdAtSeconds, expiresAtSeconds, lastUsedAtSeconds, status } = token;
  const lastUsed = lastUsedAtSeconds === undefined ? 'never' : moment(lastUsedAtSeconds, nowSeconds);
  return html`<tr role="row" class="${status}">
<th role="rowheader" scope="row"><a href="${tokenPath(id)}"><bdi>${nameOf(token)}</bdi></a>${id === ownId && html` <small>this session</small>`}</th>
<td role="cell" data-head="Kind">${KINDS[use]}</td>
<td role="cell" data-head="Scopes">${scopeList(scopes)}</td>
<td role="cell" data-head="Created">${moment(createdAtSeconds, nowSeconds)}</td>
<td role="cell" data-head="Ends">${moment(expiresAtSeconds, nowSeconds)}</td>
<td role="cell" data-head="Last used">${lastUsed}</td>
<td role="cell" data-head="Status">${statusOf(token, nowSeconds)}</td>
<td role="cell" class="actions">${actions(token)}</td>
</tr>`;
}

function actions(token: TokenView): (Html | false)[] {
  const whose = html`<span class="unseen"> ${nameOf(token)}</span>`;
  return [
    canRotate(token) && html`<a class="button" href="${tokenPath(token.id, 'rotate')}">Rotate${whose}</a> `,
    token.status === 'active' &&
      html`<a class="button danger" href="${tokenPath(token.id, 'revoke')}">Revoke${whose}</a>`,
  ];
}
