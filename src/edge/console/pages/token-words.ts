import { formOf } from '../../../tokens/token.ts';
import type { TokenView } from '../../../tokens/token-views.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import { timestamp } from '../times.ts';

const KINDS = { access: 'Access', login: 'Log-in', private: 'Private', refresh: 'Refresh' } as const;

/** Returns the kind of a token in words. */
export function kindOf(token: TokenView): string {
  return formOf(token) === 'key' ? 'API key' : KINDS[token.use];
}

/** Returns a token's name, or its id if it has no name. */
export function nameOf({ name, id }: TokenView): string {
  return name ?? id;
}

export function scopeList(scopes: readonly string[]): Html {
  return scopes.length === 0
    ? html`none`
    : html`<ul class="scopes">${scopes.map((scope) => html`<li><code>${scope}</code></li>`)}</ul>`;
}

/** Shows a token's status in words, and not only by a colour. */
export function statusOf({ status, ending, successor }: TokenView, nowSeconds: number): Html {
  const replaced = successor !== undefined;
  if (status === 'revoked') return html`<span class="badge">${replaced ? 'Rotated' : 'Revoked'}</span>`;
  if (status === 'expired') return html`<span class="badge">Expired</span>`;
  const badge = html`<span class="badge good">Active</span>`;
  const inOverlap = replaced && ending?.atSeconds !== undefined;
  return inOverlap
    ? html`${badge} <small>replaced; valid until</small> ${timestamp(ending.atSeconds, nowSeconds)}`
    : badge;
}
