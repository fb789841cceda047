import type { RequestIssuer } from '../../../src/revocation/revocation-request.ts';
import type { RevocationResolverParts } from '../../../src/revocation/revocation-resolver.ts';
import type { Store } from '../../../src/store/store.ts';
import { NOW_MS } from '../core.ts';

/** Our own issuer. Its tokens are valid for at most 5,000 seconds. */
export const OWN: RequestIssuer = {
  name: 'own',
  kind: 'signing',
  ttl: { defaultSeconds: 60, maxSeconds: 5_000, privateMaxSeconds: 4_000 },
};

/** Returns a resolver's parts over a store at {@link NOW_MS}, with {@link OWN} as the only issuer and no examiner. */
export function resolverOver(
  { accounts, tokens, signingKeys }: Pick<Store, 'accounts' | 'tokens' | 'signingKeys'>,
  parts: Partial<RevocationResolverParts> = {},
): RevocationResolverParts {
  const examine = () => Promise.reject(new Error('no credential is expected'));
  const clock = { wallMs: () => NOW_MS };
  return {
    issuers: [OWN],
    accounts,
    tokens,
    signingKeys,
    examiner: { examine },
    maxTokenLength: 16_384,
    clock,
    ...parts,
  };
}
