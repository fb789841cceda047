import { quote } from '../../../lib/wording.ts';
import type { IntrospectionIssuer, IssuerConfig } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';

/**
 * Warns of two issuers that ask one server and may accept one token: the first answer decides under which of their names,
 * with the rules of that entry, and a revocation under the other name does not end it.
 */
export function warnOfSharedServers(draft: Draft, issuers: readonly IssuerConfig[]): void {
  const earlier: IntrospectionIssuer[] = [];
  for (const [index, issuer] of issuers.entries()) {
    if (issuer.kind !== 'introspection') continue;
    const other = earlier.find((one) => isShared(one, issuer));
    earlier.push(issuer);
    if (other === undefined) continue;
    const message = `asks the server of ${quote(other.name)} too, so a token may be accepted as that of either: give them audiences that tell their tokens apart`;
    draft.warn(['issuers', index, 'introspection'], message);
  }
}

function isShared(one: IntrospectionIssuer, other: IntrospectionIssuer): boolean {
  if (one.introspection.url.href !== other.introspection.url.href) return false;
  if (one.audience === undefined || other.audience === undefined) return true;
  return one.audience.some((audience) => other.audience?.includes(audience));
}
