import { ORIGIN } from '../credential/places/places.ts';
import type { Decision } from '../decision.ts';
import type { AccessRequest } from '../request.ts';
import type { CorsFields, CorsRule } from './cors-rule.ts';
import { allowsOrigin } from './cors-rule.ts';

const NONE: CorsFields = [];
/** The fields of our own answers that scripts need, to get a token or a proof that suffices or to try again later. */
const OF_DENIALS = ['www-authenticate', 'retry-after', 'dpop-nonce'];
const VARY: readonly [string, string] = ['vary', 'Origin'];

/**
 * The response fields by which a browser lets a page read the response (Fetch Standard, section 3.3.3), or refuses. A
 * response to a page of another origin has none of them but `Vary`, without which a cache would give one page's response
 * to another.
 *
 * @param fallback the rule for requests that match no route.
 */
export function corsFields(request: AccessRequest, decision: Decision, fallback: CorsRule | undefined): CorsFields {
  const rule = decision.route === undefined ? fallback : decision.route.cors;
  if (rule === undefined) return NONE;
  const origin = request.fields?.get(ORIGIN);
  if (origin === undefined || !allowsOrigin(rule.origins, origin)) return rule.origins.every ? NONE : [VARY];
  if (decision.outcome === 'allow' && decision.preflight !== undefined) return decision.preflight;
  const exposed = exposedFields(decision, rule);
  return [
    ...originFields(rule, origin),
    ...(exposed.length === 0 ? [] : [['access-control-expose-headers', [...new Set(exposed)].join(', ')] as const]),
  ];
}

/** Also a nonce, without which a page could make no further DPoP proof. */
function exposedFields({ outcome, nonce }: Decision, { exposedHeaders }: CorsRule): readonly string[] {
  const ours = outcome === 'deny' ? OF_DENIALS : [];
  return [...ours, ...(nonce === undefined ? [] : ['dpop-nonce']), ...exposedHeaders];
}

/** The fields that say which page may read a response, and whether with credentials. */
export function originFields({ origins, credentials }: CorsRule, origin: string): CorsFields {
  if (origins.every) return [['access-control-allow-origin', '*']];
  const allowed = ['access-control-allow-origin', origin] as const;
  return credentials ? [allowed, ['access-control-allow-credentials', 'true'], VARY] : [allowed, VARY];
}
