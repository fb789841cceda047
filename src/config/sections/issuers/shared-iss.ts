import { quote } from '../../../lib/wording.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';

/**
 * Refuses issuers with one `iss` whose audiences do not tell their tokens apart: a token must lead to one issuer. One with
 * introspection may share its `iss` with any other: a server may issue JWTs and opaque tokens.
 *
 * @param issuers in the order of the file; `undefined` for one that is not well-formed.
 */
export function refuseSharedIss(draft: Draft, issuers: readonly (IssuerConfig | undefined)[]): void {
  const claimed = new Map<string, number[]>();
  for (const [index, issuer] of issuers.entries()) {
    if (issuer === undefined || issuer.kind === 'introspection') continue;
    const refused = new Set<number>();
    for (const iss of issuer.issuer) {
      const earlier = claimed.get(iss) ?? [];
      for (const other of earlier) {
        const why = refused.has(other) ? undefined : sharingProblem(issuers[other], issuer);
        if (why === undefined) continue;
        refused.add(other);
        const place = `issuers[${other}] at line ${draft.lineOf(['issuers', other])}`;
        draft.refuse(['issuers', index, 'issuer'], `${quote(iss)} is already the issuer of ${place}${why}`);
      }
      claimed.set(iss, [...earlier, index]);
    }
  }
}

function sharingProblem(one: IssuerConfig | undefined, other: IssuerConfig): string | undefined {
  if (one === undefined || one.kind === 'signing' || other.kind === 'signing') return '';
  if (one.audience === undefined || other.audience === undefined) {
    return ": two issuers with one iss need audiences that tell their tokens apart, and neither may be 'any'";
  }
  const both = one.audience.find((audience) => other.audience?.includes(audience));
  if (both === undefined) return undefined;
  return `: two issuers with one iss need audiences that tell their tokens apart, and both accept ${quote(both)}`;
}
