import { readTargetUri } from '../../../core/binding/target-uri.ts';
import type { Config } from '../../config.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';
import { isMap } from '../../reading/draft.ts';
import { readSecret } from '../../reading/secrets.ts';
import type { PlacedRoutes } from '../routes/routes.ts';
import { dpopSchema } from './dpop-schema.ts';

const SECTION = ['dpop'] as const;
const MIN_SECRET_BYTES = 32;

/** Reads `dpop`; without the section, tokens that are bound to a key are refused. */
export function readDpop(draft: Draft): Config['dpop'] | undefined {
  if (draft.valueAt(SECTION) === undefined) return { kind: 'off' };
  const written = draft.read(SECTION, dpopSchema);
  if (written === undefined) return undefined;
  const { algorithms, maxAge: maxAgeMs, replay, nonce } = written;
  const origins = written.origins.flatMap((origin) => readTargetUri(origin)?.origin ?? []);
  const secret =
    nonce && readSecret(draft, [...SECTION, 'nonce', 'secret'], nonce.secret, MIN_SECRET_BYTES, 'dpop.nonce');
  return {
    kind: 'on',
    origins,
    algorithms,
    maxAgeMs,
    replay,
    nonce: nonce && secret && { secret, lifetimeMs: nonce.lifetime },
  };
}

const ADVICE = 'accepts no token without the section dpop';

/** Refuses `bound: dpop` where tokens that are bound to a key are refused. */
export function refuseDpopWhereOff(
  draft: Draft,
  dpop: Config['dpop'] | undefined,
  issuers: readonly IssuerConfig[],
  placed: PlacedRoutes | undefined,
): void {
  if (dpop?.kind !== 'off') return;
  const written = draft.valueAt(['issuers']);
  for (const issuer of issuers) {
    if (issuer.kind === 'signing' || issuer.bound !== 'dpop' || !Array.isArray(written)) continue;
    const index = written.findIndex((entry: unknown) => isMap(entry) && entry['name'] === issuer.name);
    draft.refuse(['issuers', index, 'bound'], ADVICE);
  }
  for (const route of placed?.routes ?? []) if (route.bound === 'dpop') placed?.refuse(route, ['bound'], ADVICE);
}
