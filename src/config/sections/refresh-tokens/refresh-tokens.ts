import { spanOf } from '../../../lib/time-format.ts';
import type { Config } from '../../config.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';
import { refreshTokensSchema } from './refresh-tokens-schema.ts';

const SECTION = ['refreshTokens'] as const;

/** Reads `refreshTokens` into the lifetimes of our own issuer; without the section there are no refresh tokens. */
export function withRefreshTokens(draft: Draft, issuers: Config['issuers'] | undefined): Config['issuers'] | undefined {
  if (draft.valueAt(SECTION) === undefined) return issuers;
  const written = draft.read(SECTION, refreshTokensSchema);
  if (written === undefined || issuers === undefined) return issuers;
  const { ttl: refreshSeconds } = written;
  if (!issuers.some(({ kind }) => kind === 'signing')) {
    draft.refuse(SECTION, 'needs an issuer with signing: each refresh token belongs to one of its accounts');
  }
  return issuers.map((issuer): IssuerConfig => {
    if (issuer.kind !== 'signing') return issuer;
    const { name, ttl } = issuer;
    // An entry that ends a family lasts as long as its refresh token: its access tokens must not outlive it.
    if (refreshSeconds < ttl.maxSeconds) {
      const least = `must be at least ttl.max of the issuer ${name}, which is ${spanOf(ttl.maxSeconds * 1000)}`;
      draft.refuse([...SECTION, 'ttl'], least);
    }
    return { ...issuer, ttl: { ...ttl, refreshSeconds } };
  });
}
