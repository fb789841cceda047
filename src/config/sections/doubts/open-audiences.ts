import type { Route } from '../../../core/route.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';

/** Claims of which one value stands for one client, one API or one person. */
const PINS = ['aud', 'azp', 'client_id', 'cid', 'appid', 'sub'];

/**
 * Warns of an issuer whose tokens for every other service are accepted too. A shared secret signs tokens for us alone, and
 * an introspection server knows who asks. A route with a resource requires an audience itself.
 */
export function warnOfOpenAudiences(draft: Draft, issuers: readonly IssuerConfig[], routes: readonly Route[]): void {
  const open = routes.filter(({ requirement, resource }) => requirement.kind !== 'public' && resource === undefined);
  for (const [index, issuer] of issuers.entries()) {
    if (issuer.kind === 'signing' || issuer.kind === 'secrets' || issuer.kind === 'introspection') continue;
    if (issuer.audience !== undefined || issuer.requireSubject !== undefined || isPinned(issuer)) continue;
    if (!open.some((route) => route.issuers?.has(issuer.name) ?? true)) continue;
    const message =
      'tokens that it made for any other service are accepted too: name the audience, or pin the client with require: { client_id: ... } (or azp, cid, appid)';
    draft.warn(['issuers', index, 'audience'], message);
  }
}

function isPinned({ require }: Exclude<IssuerConfig, { readonly kind: 'signing' }>): boolean {
  return require.some(
    ({ claim: [name = '', ...rest], condition }) =>
      rest.length === 0 && PINS.includes(name) && condition.kind !== 'present',
  );
}
