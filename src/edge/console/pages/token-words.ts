import type { TokenView } from '../../../tokens/token-views.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import { moment } from '../times.ts';

export const KINDS = { access: 'Access', login: 'Log-in', private: 'Private' } as const;

/** Its name, or where it has none its id. */
export function nameOf({ name, id }: TokenView): string {
  return name ?? id;
}

export function scopeList(scopes: readonly string[]): Html {
  return scopes.length === 0
    ? html`none`
    : html`<ul class="scopes">${scopes.map((scope) => html`<li><code>${scope}</code></li>`)}</ul>`;
}

/** In words, and not by a colour alone. */
export function statusOf({ status, ending, successor }: TokenView, nowSeconds: number): Html {
  const replaced = successor !== undefined;
  if (status === 'revoked') return html`<span class="badge">${replaced ? 'Rotated' : 'Revoked'}</span>`;
  if (status === 'expired') return html`<span class="badge">Expired</span>`;
  const badge = html`<span class="badge good">Active</span>`;
  const isLeaving = replaced && ending?.atSeconds !== undefined;
  return isLeaving ? html`${badge} <small>replaced, until</small> ${moment(ending.atSeconds, nowSeconds)}` : badge;
}
